import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDownload } from '@tabler/icons-react';
import type { Candidate, CandidateDiff } from '@gatehouse/contracts';
import { Confirm } from '../../elements/Confirm.js';
import { bytes } from '../../elements/moment.format.js';
import { patchWarning } from './patch.words.js';

/** The true bytes that were judged; asks first where they show what the diff leaves out. */
export const PatchDownload = ({ candidate, diff }: { candidate: Candidate; diff: CandidateDiff }) => {
  const [asking, ask] = useDisclosure(false);
  const warning = patchWarning(candidate, diff);
  const file = {
    href: `/api/v1/artifacts/${candidate.patch}/content`,
    download: `${candidate.alias}.patch`,
  };
  const take = () => {
    Object.assign(document.createElement('a'), file).click();
    ask.close();
  };
  return (
    <>
      <Button
        component="a"
        variant="default"
        {...file}
        leftSection={<IconDownload size={14} />}
        onClick={(event: React.MouseEvent) => {
          if (warning === null) return;
          event.preventDefault();
          ask.open();
        }}
      >
        Patch, {bytes(candidate.patchBytes)}
      </Button>
      <Confirm
        opened={asking}
        onClose={ask.close}
        title="Download the patch with what the diff leaves out?"
        action="Download it"
        danger
        pending={false}
        onConfirm={take}
      >
        {warning} The diff leaves that out. The patch is the change as it was judged, byte for byte, and has
        it: keep the file where nobody else reads it, and revoke the credential where it is a real one.
      </Confirm>
    </>
  );
};
