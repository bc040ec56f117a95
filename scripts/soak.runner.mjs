// Jest in a process of its own, asked from here: see soak.jest.mjs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export class JestProcess {
  #child;

  /** Jest with the sources in `folder`, for specs of one kind, long ones too: unit or int. */
  constructor(folder, kind, env = {}) {
    this.#child = fork(join(folder, 'scripts', 'soak.jest.mjs'), [], {
      ...{ cwd: folder, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
      ...{ execArgv: ['--experimental-vm-modules', '--no-warnings'] },
      env: { ...process.env, ...env, TEST_KIND: kind, LONG: '1' },
    });
  }

  /** Runs specs; answers each of their tests and what became of it. */
  async ask({ limitMs, ...asked }) {
    const child = this.#child;
    let timer;
    const answer = await new Promise((resolve) => {
      const broken = (why, hung) => resolve({ tests: [], broken: 1, failed: [], hung, why });
      timer = setTimeout(() => broken(`Jest does not end within ${limitMs / 1000} s`, true), limitMs);
      child.once('exit', (code, signal) => broken(`Jest ended with ${code ?? signal}`, false));
      child.once('message', resolve);
      child.send(asked);
    });
    clearTimeout(timer);
    child.removeAllListeners();
    return answer;
  }

  /** Ends the process in order, so that what it started ends with it. */
  async end() {
    const child = this.#child;
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }
}
