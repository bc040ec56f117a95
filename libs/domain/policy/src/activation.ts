import type { Policy } from '@gatehouse/contracts';

type Place = Pick<Policy, 'layer' | 'repository' | 'scope'>;

/** Whether an active version has a say in who may change the layer at a place. */
const concerns = (by: Place, changed: Place): boolean => {
  if (by.layer === 'installation') return true;
  if (by.layer === 'organisation' && changed.layer === 'repository')
    return changed.repository?.startsWith(`${by.scope}/`) === true;
  return by.layer === changed.layer && by.repository === changed.repository && by.scope === changed.scope;
};

/**
 * The active version by which another person than the author has to activate a change at this place (I7); undefined
 * where none wants that. The stricter counts: one of them is enough.
 */
export const wantsAnotherPerson = <P extends Place & Pick<Policy, 'document'>>(
  active: readonly P[],
  changed: Place,
): P | undefined =>
  active.find((policy) => policy.document.spec.activation === 'another_person' && concerns(policy, changed));
