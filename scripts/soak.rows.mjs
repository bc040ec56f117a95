// The outside checker, second part: the rows of the database and of the ledger, read by SQL of our own.
import { setTimeout as sleep } from 'node:timers/promises';
import { git } from './soak.load.mjs';
import { say } from './step.mjs';

/** What must be empty once everything is quiet, with what one row of it means. */
const empty = {
  'a session that has not ended': `SELECT id, state FROM sessions WHERE state <> 'ended'`,
  'an attempt that is still open': `SELECT id, state FROM attempts WHERE state IN ('queued','leased','running','uploading')`,
  'a lease that is still active': `SELECT id FROM leases WHERE state = 'active'`,
  'a task that is not done': `SELECT id, type, state, last_error FROM tasks WHERE state <> 'done'`,
  'a promotion that is not over': `SELECT id, state FROM promotions WHERE state IN ('pending','awaiting_approval','running','errored')`,
  'a session with two published promotions': `SELECT session_id FROM promotions WHERE state = 'succeeded'
     GROUP BY session_id HAVING count(*) > 1`,
  'a branch of two promotions': `SELECT branch FROM promotions WHERE branch IS NOT NULL
     GROUP BY repository_id, branch HAVING count(*) > 1`,
  'an attempt whose lease generations do not increase': `SELECT session_id, generation FROM (
     SELECT session_id, generation, lag(generation) OVER (PARTITION BY session_id ORDER BY granted_at, id) AS before
     FROM leases) l WHERE generation <= before`,
  'a session whose generation is not the one of its last lease': `SELECT s.id FROM sessions s
     WHERE s.lease_generation <> (SELECT coalesce(max(generation), 0) FROM leases l WHERE l.session_id = s.id)`,
  'an attempt with two leases': `SELECT attempt_id FROM leases GROUP BY attempt_id HAVING count(*) > 1`,
  'an attempt that ended more than once, or not at all, in the ledger': `SELECT a.id FROM attempts a
     LEFT JOIN ledger_payloads p ON p.stream_id = a.session_id AND p.payload::jsonb->>'attemptId' = a.id
     LEFT JOIN ledger_events e ON e.stream_id = p.stream_id AND e.seq = p.seq AND e.type = 'attempt.state_changed'
       AND p.payload::jsonb->>'to' IN ('succeeded','noop','failed','errored','cancelled','fenced')
     GROUP BY a.id, a.state HAVING count(e.seq) <> 1 OR max(p.payload::jsonb->>'to') FILTER (WHERE e.seq IS NOT NULL) <> a.state`,
  'a session with two accepted results of agents': `SELECT session_id FROM attempts
     WHERE purpose = 'agent' AND state IN ('succeeded','noop') GROUP BY session_id HAVING count(*) > 1`,
  'a fenced attempt with a result': `SELECT id FROM attempts WHERE state = 'fenced' AND result IS NOT NULL`,
  'a session that ended more than once, or not at all, in the ledger': `SELECT s.id FROM sessions s
     LEFT JOIN ledger_events e ON e.stream_id = s.id AND e.type = 'session.state_changed'
     LEFT JOIN ledger_payloads p ON p.stream_id = e.stream_id AND p.seq = e.seq AND p.payload::jsonb->>'to' = 'ended'
     GROUP BY s.id HAVING count(p.seq) <> 1`,
  'a promotion whose publishing is not in the streams of session and lane once': `SELECT pr.id FROM promotions pr
     LEFT JOIN (SELECT p.payload::jsonb->>'promotionId' AS id FROM ledger_events e JOIN ledger_payloads p USING (stream_id, seq)
       WHERE e.type = 'promotion.published') said ON said.id = pr.id
     GROUP BY pr.id, pr.state HAVING count(said.id) <> CASE WHEN pr.state = 'succeeded' THEN 2 ELSE 0 END`,
  'a branch that is not in the promotion log once': `SELECT p.id FROM promotions p
     LEFT JOIN promotion_log_entries e ON e.promotion_id = p.id AND e.entry::jsonb->>'commit' = p.commit
     GROUP BY p.id, p.commit HAVING count(e.seq) <> CASE WHEN p.commit IS NULL THEN 0 ELSE 1 END`,
  'a promotion log that its repository does not have whole': `SELECT repository_id, target, exported_seq, fault FROM promotion_logs l
     WHERE fault IS NOT NULL OR exported_seq <> (SELECT count(*) FROM promotion_log_entries e
       WHERE e.repository_id = l.repository_id AND e.target = l.target)`,
  'a published tree that is not the one of its candidate': `SELECT p.id FROM promotions p JOIN candidates c ON c.id = p.candidate_id
     WHERE p.state = 'succeeded' AND p.published_tree <> c.tree`,
  'a published promotion without a passed verdict': `SELECT p.id FROM promotions p JOIN verdicts v ON v.id = p.verdict_id
     WHERE p.state = 'succeeded' AND v.outcome <> 'pass'`,
  'a promotion with too few approvals by others': `SELECT p.id FROM promotions p JOIN sessions s ON s.id = p.session_id
     JOIN jobs j ON j.id = s.job_id WHERE p.state = 'succeeded' AND p.quorum > (SELECT count(*) FROM approvals a
       WHERE a.promotion_id = p.id AND a.answer = 'approve' AND a.principal_id <> j.requested_by)`,
};

/** The last tasks may end a moment after the last job. */
const rowsOf = async (plane, query) => {
  let rows = [];
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(300)) {
    rows = await plane.sql(query);
    if (rows.length === 0) break;
  }
  return rows;
};

export const checkRows = async ({ plane, load, ghost, tally }) => {
  for (const [what, query] of Object.entries(empty)) {
    const rows = await rowsOf(plane, query);
    tally.expect(
      rows.length === 0,
      () => `${what}: ${JSON.stringify(rows.slice(0, 3))} (${rows.length} in all)`,
    );
  }
  const logs = await plane.sql(
    `SELECT r.source, e.seq, e.commit FROM promotion_logs l JOIN repositories r ON r.id = l.repository_id
     JOIN promotion_log_entries e ON e.repository_id = l.repository_id AND e.target = l.target AND e.seq = l.exported_seq`,
  );
  for (const { source, seq, commit } of logs) {
    const heads = git(
      source,
      'for-each-ref',
      '--points-at',
      commit,
      '--format=%(refname)',
      'refs/gatehouse/log',
    );
    tally.expect(heads !== '', `the promotion log in ${source} is not at ${commit}`);
    tally.expect(
      Number(git(source, 'rev-list', '--count', commit)) === seq,
      `the promotion log in ${source} has other entries than the ${seq} of the database`,
    );
  }
  tally.expect(logs.length > 0, 'no repository has a promotion log');
  const events = await plane.sql(
    `SELECT stream_id, seq::int, type, hash, payload::jsonb AS payload FROM ledger_events JOIN ledger_payloads USING (stream_id, seq)
     ORDER BY stream_id, seq`,
  );
  const hashes = new Map(events.map(({ stream_id, seq, hash }) => [`${stream_id} ${seq}`, hash]));
  for (const [place, hash] of load.seen)
    tally.expect(hashes.get(place) === hash, `event ${place}, which a reader was shown, is gone or another`);
  const count = (job, type) =>
    events.filter((event) => event.stream_id === job.sessionId && event.type === type).length;
  for (const job of load.jobs) {
    tally.expect(count(job, 'job.accepted') === 1, `${job.id} is not accepted exactly once in the ledger`);
    if (job.cancelled)
      tally.expect(count(job, 'job.cancel_requested') === 1, `the cancel of ${job.id} is not in the ledger`);
    if (job.approved)
      tally.expect(count(job, 'approval.answered') === 1, `the approval of ${job.id} is not in the ledger`);
    const granted = events.filter(
      (event) => event.stream_id === job.sessionId && event.type === 'lease.granted',
    );
    tally.expect(
      granted.every(({ payload }, i) => payload.generation === i + 1),
      `the generations of ${job.id} are ${granted.map(({ payload }) => payload.generation)}`,
    );
  }
  tally.expect(load.seen.size > 0, 'no reader was shown an event');
  tally.expect(ghost.tried.length > 0, 'no worker without a lease tried to write');
  for (const { what, answer } of ghost.tried)
    tally.expect(answer !== 'accepted', `the plane took ${what} from a worker that had lost its lease`);
  say(
    `Readers saw ${load.seen.size} events; ${ghost.tried.length} writes of a worker without a lease were tried.`,
  );
};
