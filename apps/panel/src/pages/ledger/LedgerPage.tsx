import { Button, TextInput } from '@mantine/core';
import { IconCircleCheck, IconShieldX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { StreamId, type VerifyReport } from '@gatehouse/contracts';
import { CommandLine } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Banner, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { count } from '../../elements/moment.format.js';
import { Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { askOf } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import css from './LedgerPage.module.css';

const faultColumns = [['Stream'], ['Event', 80], ['Kind', 110], ['What was found']] as const;

const Report = ({ report, at }: { report: VerifyReport; at: number }) => (
  <>
    <Banner
      tone={report.ok ? 'good' : 'bad'}
      icon={report.ok ? IconCircleCheck : IconShieldX}
      title={
        report.ok
          ? `The history is whole: ${count(report.events, 'event')} in ${count(report.streams, 'stream')} verify.`
          : `The history was changed: ${count(report.faults.length, 'fault')} in ${count(report.streams, 'stream')}.`
      }
    >
      Checked <Moment at={new Date(at).toISOString()} />.{' '}
      {report.checkpoint === null ? (
        'No signed digest from outside the database was held against it, so a cut tail or a deleted stream would not show.'
      ) : (
        <>
          Held against the signed digest of {count(report.checkpoint.streams, 'stream')} made{' '}
          <Moment at={report.checkpoint.at} />, which lies outside the database.
        </>
      )}
    </Banner>
    {report.faults.length > 0 && (
      <Section title="Faults" flush>
        <Rows label="Faults" columns={faultColumns}>
          {report.faults.map((fault, i) => (
            <tr key={i}>
              <td>
                <code>{fault.streamId}</code>
              </td>
              <td>{fault.seq ?? ''}</td>
              <td>{fault.kind}</td>
              <td className={css.message}>{fault.message}</td>
            </tr>
          ))}
        </Rows>
      </Section>
    )}
  </>
);

export const LedgerPage = () => {
  useTitle('Ledger');
  const [stream, setStream] = useState('');
  const [asked, setAsked] = useState<string | null>(null);
  const parsed = stream === '' ? null : StreamId.safeParse(stream);
  const fault = parsed?.success === false ? (parsed.error.issues[0]?.message ?? 'not a stream') : null;
  const query = asked === null || asked === '' ? {} : { stream: asked };
  const verify = useQuery({
    ...askOf('ledger.verify', { query, timeoutMs: 600_000 }),
    enabled: asked !== null,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const run = () => {
    if (fault !== null) return;
    if (asked === stream) void verify.refetch();
    else setAsked(stream);
  };

  return (
    <Page
      title="Ledger"
      lead="Every change of state is an event, chained by hash to the one before. Verifying recomputes every hash and finds what was edited, dropped, reordered or cut."
    >
      <Section title="Verify">
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          <TextInput
            aria-label="Stream"
            placeholder="Whole installation, or one stream: ses_…, lane:…"
            w={420}
            data-filter
            value={stream}
            error={fault}
            onChange={(event) => setStream(event.currentTarget.value.trim())}
          />
          <Button type="submit" loading={verify.isFetching} disabled={fault !== null}>
            Verify {stream === '' ? 'everything' : 'this stream'}
          </Button>
        </form>
        <div className={css.offline}>
          <span className="soft">The same, from a shell:</span>
          <CommandLine>gatehouse verify</CommandLine>
        </div>
      </Section>
      {verify.error && <ErrorNotice error={verify.error} retry={() => void verify.refetch()} />}
      {verify.isFetching && !verify.data && <LoadingRows rows={2} />}
      {verify.data && !verify.error && <Report report={verify.data} at={verify.dataUpdatedAt} />}
    </Page>
  );
};
