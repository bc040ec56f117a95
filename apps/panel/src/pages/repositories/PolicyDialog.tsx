import { Modal } from '@mantine/core';
import type { Repository } from '@gatehouse/contracts';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { PolicyView } from '../../elements/PolicyView.js';
import { useAsk } from '../../query.js';

export const PolicyDialog = ({ repository, onClose }: { repository: Repository; onClose: () => void }) => {
  const policy = useAsk('repositories.policy', { params: { id: repository.id } });
  return (
    <Modal opened onClose={onClose} title={`Policy of ${repository.name}`} size="lg">
      {policy.data ? (
        <PolicyView policy={policy.data} />
      ) : policy.error ? (
        <ErrorNotice error={policy.error} retry={() => void policy.refetch()} />
      ) : (
        <LoadingRows rows={6} height={14} />
      )}
    </Modal>
  );
};
