import { createContext, use } from 'react';
import type { Me, Permission } from '@gatehouse/contracts';

export const MeContext = createContext<Me | null>(null);

/** Who is signed in. Only below the shell, which shows nothing before it knows. */
export const useMe = (): Me => {
  const me = use(MeContext);
  if (me === null) throw new Error('useMe is only for pages inside the shell');
  return me;
};

export const useMay = (permission: Permission): boolean => useMe().permissions.includes(permission);
