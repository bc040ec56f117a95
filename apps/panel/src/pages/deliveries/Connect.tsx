import { Button } from '@mantine/core';
import { IconBolt, IconWebhook } from '@tabler/icons-react';
import { Link } from 'react-router';
import { CommandLine } from '../../elements/Copy.js';
import { Empty } from '../../elements/Notice.js';
import { paths } from '../../paths.js';
import css from './Deliveries.module.css';

const isLocal = (host: string): boolean => /^(?:localhost|127\.|\[::1\])/.test(host);

/** What to do so that something comes. */
export const Connect = () => (
  <Empty icon={IconWebhook} title="Nothing has been delivered yet">
    <p>
      GitHub tells Gatehouse of labels, comments, reviews and pushes once it knows where to.{' '}
      <code>gatehouse github setup</code> makes an App that does. By hand:
    </p>
    <ol className={css.steps}>
      <li>
        Write a long random text into a file, and name the file in{' '}
        <code>GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE</code>.
      </li>
      <li>
        Set this address, the content type <code>application/json</code> and the same text as the webhook of
        your GitHub App or repository:
        <div className={css.address}>
          <CommandLine what="address">{`${location.origin}/webhooks/github`}</CommandLine>
        </div>
        {isLocal(location.host) && 'GitHub has to reach it: put the name by which others know this host.'}
      </li>
      <li>Store a trigger, which says what becomes a job.</li>
    </ol>
    <p>
      <code>docs/github.md</code> leads from nothing to the first draft pull request.
    </p>
    <Button component={Link} to={paths.triggers} variant="default" leftSection={<IconBolt size={14} />}>
      Triggers
    </Button>
  </Empty>
);
