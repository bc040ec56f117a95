import type { TriggerDocument } from '@gatehouse/contracts';
import { stringify } from 'yaml';

/** As people write it; the database keeps no order. */
export const documentText = ({ apiVersion, kind, metadata, spec }: TriggerDocument): string => {
  const { repository, on, who, job } = spec;
  const { agent, limits, promotion, ...others } = job;
  return stringify(
    {
      ...{ apiVersion, kind, metadata },
      spec: { repository, on, who, job: { agent, limits, promotion, ...others } },
    },
    { lineWidth: 100 },
  );
};
