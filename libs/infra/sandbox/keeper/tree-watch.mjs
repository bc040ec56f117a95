// Watches how much a workspace holds. Walking a large tree is dear, statfs is not: a walk is made only once the
// whole file system has grown by a share of what the workspace may hold, and every ten seconds at the latest.
import { statfsSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { bootNow } from './processes.mjs';

const atLatestMs = 10_000;
const share = 8;

export class TreeWatch {
  /** @param {string} folder @param {{ bytes: number, files: number }} limit */
  constructor(folder, limit) {
    this.folder = folder;
    this.limit = limit;
    this.last = this.used();
    this.lastWalk = bootNow();
    this.restMs = 0;
    this.walking = false;
  }

  used() {
    try {
      const s = statfsSync(this.folder);
      return { bytes: (s.blocks - s.bfree) * s.bsize, files: s.files - s.ffree };
    } catch {
      return { bytes: 0, files: 0 };
    }
  }

  /** Calls `onExceeded` with the reason once the workspace holds too much. */
  look(onExceeded) {
    if (this.walking || bootNow() - this.lastWalk < this.restMs) return;
    const now = this.used();
    const grown =
      now.bytes - this.last.bytes > this.limit.bytes / share ||
      now.files - this.last.files > this.limit.files / share;
    if (!grown && bootNow() - this.lastWalk < atLatestMs) return;
    this.walking = true;
    const began = bootNow();
    void this.walk().then((exceeded) => {
      this.walking = false;
      this.last = now;
      this.lastWalk = bootNow();
      // Never more than a fifth of one core.
      this.restMs = 4 * (this.lastWalk - began);
      if (exceeded) onExceeded(exceeded);
    });
  }

  async walk() {
    let bytes = 0;
    let files = 0;
    const folders = [this.folder];
    while (folders.length > 0) {
      const folder = folders.pop();
      try {
        for await (const entry of await opendir(folder)) {
          const path = join(folder, entry.name);
          files += 1;
          // A link is counted, never followed.
          if (entry.isDirectory()) folders.push(path);
          else bytes += (await lstat(path)).blocks * 512;
          if (files > this.limit.files) return `more than ${this.limit.files} files`;
          if (bytes > this.limit.bytes) return `more than ${this.limit.bytes} bytes`;
        }
      } catch {
        // Entries vanish while the agent works.
      }
    }
    return null;
  }
}
