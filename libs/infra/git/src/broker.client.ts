import { connect } from 'node:net';
import { GatehouseError } from '@gatehouse/contracts';
import { brokerFrame, type BrokerRequest } from './broker.frame.js';
import { encodeFrame, FrameReader } from './spawner.frame.js';
import type { LocateAnswer } from './source.locator.js';

const limitMs = 30_000;

/** Asks the broker where a local repository really is: this process may not look there itself. */
export const locateByBroker = (socketPath: string, path: string): Promise<LocateAnswer> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const fail = (why: string): void => {
      socket.destroy();
      reject(
        new GatehouseError(
          'git.failed',
          `The broker of local repositories ${why}; it is part of the supervisor. Run \`gatehouse doctor\`.`,
        ),
      );
    };
    const request: BrokerRequest = { service: 'locate', path };
    const reader = new FrameReader((type, _, payload) => {
      if (type !== brokerFrame.located) return;
      resolve(JSON.parse(payload.toString('utf8')) as LocateAnswer);
      socket.destroy();
    });
    socket.setTimeout(limitMs, () => fail(`did not answer within ${limitMs / 1000} s`));
    socket.on('connect', () =>
      socket.write(encodeFrame(brokerFrame.request, 0, Buffer.from(JSON.stringify(request)))),
    );
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', (error) => fail(`does not answer (${error.message})`));
    socket.on('close', () => fail('broke off'));
  });
