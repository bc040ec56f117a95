// Prints docs/architecture.md from boundaries.mjs. With --check it compares and changes nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { owners, rooms, typeormFiles } from '../boundaries.mjs';
import { clone, say, stop } from './step.mjs';

const folders = ['apps', 'libs', 'libs/infra', 'libs/domain'];
const folderOf = (room) =>
  folders.map((folder) => `${folder}/${room}`).find((path) => existsSync(join(clone, path)));

/** Only what no other import already brings along, so that the picture stays readable. */
const direct = (room) => {
  const reached = (from) => new Set(rooms[from].flatMap((next) => [next, ...reached(next)]));
  return rooms[room].filter(
    (next) => !rooms[room].some((other) => other !== next && reached(other).has(next)),
  );
};

const arrows = Object.keys(rooms).flatMap((room) => direct(room).map((next) => `  ${room} --> ${next}`));
const rows = Object.entries(rooms).map(
  ([room, imports]) => `| ${room} | \`${folderOf(room)}\` | ${imports.join(', ') || 'nothing'} |`,
);
const packages = Object.entries(owners).map(
  ([name, who]) => `| \`${name}\` | ${who.join(', ') || 'nobody yet'} |`,
);

const page = `# Who may import whom

This page is printed from \`boundaries.mjs\`, which lint obeys; change that file and run \`node scripts/print-architecture.mjs\`.
What the rooms do is told in [ARCHITECTURE.md](../ARCHITECTURE.md).

An arrow points from a room to what it may import; arrows that follow from others are left out.

\`\`\`mermaid
graph LR
${arrows.join('\n')}
\`\`\`

## Rooms

| room | folder | may import |
| --- | --- | --- |
${rows.join('\n')}

## Packages with one owner

| package | only in |
| --- | --- |
${packages.join('\n')}

\`typeorm\` may be imported by ${typeormFiles.map((glob) => `\`${glob}\``).join(', ')} and by the database room.
`;

const path = join(clone, 'docs', 'architecture.md');
const { format, resolveConfig } = await import('prettier');
const text = await format(page, { ...(await resolveConfig(path)), parser: 'markdown' });
if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text)
    stop('docs/architecture.md is older than boundaries.mjs. Run: node scripts/print-architecture.mjs');
} else {
  writeFileSync(path, text);
  say('docs/architecture.md is printed.');
}
