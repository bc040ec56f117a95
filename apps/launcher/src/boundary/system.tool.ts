import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** A program of the system by its whole path: what runs as root is not looked up in anybody's PATH. */
export const findTool = (name: string): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
