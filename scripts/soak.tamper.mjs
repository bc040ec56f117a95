// Ways to falsify a ledger that lies in a database of one's own: each changes one stream, past every trigger.
import { hashEvent } from '../libs/proof/dist/index.js';

const at = `to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`;

/** The stream's events hashed anew from `seq` on, and its head with them: all that the database itself can say. */
const rehash = async (db, stream, seq) => {
  const { rows } = await db.query(
    `SELECT stream_id, seq::int, type, ${at}, actor, lease_generation::int, payload_sha256, prev_hash
     FROM ledger_events WHERE stream_id = $1 AND seq >= $2 ORDER BY seq`,
    [stream, seq],
  );
  let previous = rows[0]?.prev_hash;
  for (const { prev_hash: _, ...event } of rows) {
    const hash = hashEvent(previous, event);
    await db.query('UPDATE ledger_events SET prev_hash = $3, hash = $4 WHERE stream_id = $1 AND seq = $2', [
      stream,
      event.seq,
      previous,
      hash,
    ]);
    previous = hash;
  }
  await head(db, stream);
};

/** The head is set to the last event there is. */
const head = (db, stream) =>
  db.query(
    `UPDATE ledger_streams s SET head_seq = e.seq, head_hash = e.hash FROM ledger_events e
     WHERE s.stream_id = $1 AND e.stream_id = $1 AND e.seq = (SELECT max(seq) FROM ledger_events WHERE stream_id = $1)`,
    [stream],
  );

const drop = async (db, stream, condition, values = []) => {
  await db.query(`DELETE FROM ledger_payloads WHERE stream_id = $1 AND ${condition}`, [stream, ...values]);
  await db.query(`DELETE FROM ledger_events WHERE stream_id = $1 AND ${condition}`, [stream, ...values]);
};

const set = (column, value) => (db, stream, seq) =>
  db.query(`UPDATE ledger_events SET ${column} = ${value} WHERE stream_id = $1 AND seq = $2`, [stream, seq]);

/** `payload` of one event changed; with its digest where `digested`. */
const edit = async (db, stream, seq, digested) => {
  await db.query(
    `UPDATE ledger_payloads SET payload = regexp_replace(payload, '\\}$', ',"zz":1}') WHERE stream_id = $1 AND seq = $2`,
    [stream, seq],
  );
  if (digested)
    await db.query(
      `UPDATE ledger_events e SET payload_sha256 = encode(sha256(convert_to(p.payload, 'UTF8')), 'hex')
       FROM ledger_payloads p WHERE e.stream_id = $1 AND e.seq = $2 AND p.stream_id = $1 AND p.seq = $2`,
      [stream, seq],
    );
};

const swap = async (db, stream, seq) => {
  for (const table of ['ledger_events', 'ledger_payloads'])
    for (const [from, to] of [
      [seq, 1_000_000],
      [seq + 1, seq],
      [1_000_000, seq + 1],
    ])
      await db.query(`UPDATE ${table} SET seq = $3 WHERE stream_id = $1 AND seq = $2`, [stream, from, to]);
};

/** What is done → how. `seq` is an event in the middle, `last` the last one. */
export const tampers = {
  'an edited payload': (db, stream, seq) => edit(db, stream, seq, false),
  'an edited payload with its digest': (db, stream, seq) => edit(db, stream, seq, true),
  'an edited type': set('type', `'session.created2'`),
  'an edited actor': set('actor', `'nobody'`),
  'an edited time': set('at', `at + interval '1 microsecond'`),
  'an edited lease generation': set('lease_generation', 'coalesce(lease_generation, 0) + 1'),
  'an edited hash': set('hash', `repeat('0', 64)`),
  'a dropped event': (db, stream, seq) => drop(db, stream, 'seq = $2', [seq]),
  'a dropped event, the rest moved up': async (db, stream, seq) => {
    await drop(db, stream, 'seq = $2', [seq]);
    for (const table of ['ledger_events', 'ledger_payloads']) {
      // By way of numbers far off: no two rows may have the same one in between.
      await db.query(`UPDATE ${table} SET seq = seq + 1000000 WHERE stream_id = $1 AND seq > $2`, [
        stream,
        seq,
      ]);
      await db.query(`UPDATE ${table} SET seq = seq - 1000001 WHERE stream_id = $1 AND seq > 1000000`, [
        stream,
      ]);
    }
    await head(db, stream);
  },
  'two events in another order': swap,
  'two events in another order, hashed anew': async (db, stream, seq) => {
    const { rows } = await db.query('SELECT prev_hash FROM ledger_events WHERE stream_id = $1 AND seq = $2', [
      stream,
      seq,
    ]);
    await swap(db, stream, seq);
    await set('prev_hash', `'${rows[0].prev_hash}'`)(db, stream, seq);
    await rehash(db, stream, seq);
  },
  'a cut tail': (db, stream, seq) => drop(db, stream, 'seq > $2', [seq]),
  'a cut tail with its head set back': async (db, stream, seq) => {
    await drop(db, stream, 'seq > $2', [seq]);
    await head(db, stream);
  },
  'the last event cut, with its head set back': async (db, stream, seq, last) => {
    await drop(db, stream, 'seq = $2', [last]);
    await head(db, stream);
  },
  'a stream without its events': (db, stream) => drop(db, stream, 'true'),
  'a stream without its head': (db, stream) =>
    db.query('DELETE FROM ledger_streams WHERE stream_id = $1', [stream]),
  'a stream that is gone whole': async (db, stream) => {
    await drop(db, stream, 'true');
    await db.query('DELETE FROM ledger_streams WHERE stream_id = $1', [stream]);
  },
  'an edited payload, everything hashed anew': async (db, stream, seq) => {
    await edit(db, stream, seq, true);
    await rehash(db, stream, seq);
  },
  'the first event edited, everything hashed anew': async (db, stream) => {
    await edit(db, stream, 1, true);
    await rehash(db, stream, 1);
  },
  'a payload that is gone': (db, stream, seq) =>
    db.query('DELETE FROM ledger_payloads WHERE stream_id = $1 AND seq = $2', [stream, seq]),
  'a payload erased without a signature': (db, stream, seq) =>
    db.query(
      `UPDATE ledger_payloads SET payload = NULL, tombstone = '{"reason":"retention"}' WHERE stream_id = $1 AND seq = $2`,
      [stream, seq],
    ),
  'an event behind the head': async (db, stream, seq, last) => {
    await db.query(
      `INSERT INTO ledger_events SELECT stream_id, seq + 1, type, at, actor, lease_generation, payload_sha256, hash, repeat('1', 64)
       FROM ledger_events WHERE stream_id = $1 AND seq = $2`,
      [stream, last],
    );
    await db.query(
      `INSERT INTO ledger_payloads SELECT stream_id, seq + 1, payload, tombstone FROM ledger_payloads WHERE stream_id = $1 AND seq = $2`,
      [stream, last],
    );
  },
};
