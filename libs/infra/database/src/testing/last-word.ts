import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A door to a Postgres that can end a connection within the packet of its last answer, as a killed server may. */
export interface LastWord {
  readonly url: string;
  /** How many of the answers that were to be the last of their connection are still to come. */
  readonly left: number;
  /** Each of the next answers ends its connection. */
  cut(answers: number): void;
  close(): Promise<void>;
}

const fields = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to unexpected postmaster exit'];
const text = Buffer.from(`${fields.join('\0')}\0\0`);
const fatal = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), text]);
fatal.writeInt32BE(4 + text.length, 1);

/** ReadyForQuery: `Z`, its length, and the state of the transaction. */
const isAnswered = (bytes: Buffer): boolean =>
  bytes.length >= 6 && bytes.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));

export const openLastWord = async (url: string): Promise<LastWord> => {
  const behind = new URL(url);
  const sockets = new Set<Socket>();
  let left = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const postgres = keep(connect(Number(behind.port), behind.hostname));
    keep(client).on('data', (bytes) => postgres.write(bytes));
    client.on('close', () => postgres.destroy());
    postgres.on('close', () => client.end());
    postgres.on('data', (bytes: Buffer) => {
      if (left === 0 || !isAnswered(bytes)) return void client.write(bytes);
      left -= 1;
      postgres.removeAllListeners('data').destroy();
      client.end(Buffer.concat([bytes, fatal]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = new URL(url);
  door.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: door.href,
    get left() {
      return left;
    },
    cut: (answers) => (left = answers),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
