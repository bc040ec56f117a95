import { parentPort } from 'node:worker_threads';
import { scanBlob } from './secret.scan.js';
import type { ScanAnswer } from './secret.scanner.js';

/** One blob at a time; see SecretScanner. */
parentPort?.on('message', (content: Uint8Array) => {
  const answer = (given: ScanAnswer): void => parentPort?.postMessage(given);
  scanBlob(content).then(
    (hits) => answer({ hits }),
    (error: unknown) =>
      answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
