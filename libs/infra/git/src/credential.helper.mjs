// What git asks for the credential of one host: it was handed to us, through git, on descriptor 3. Plain JavaScript,
// so that plain node runs it from src and from dist alike. `store` and `erase` are not our business.
import { readFileSync } from 'node:fs';

/** @param {number} fd */
const read = (fd) => {
  try {
    return readFileSync(fd, 'utf8');
  } catch {
    return '';
  }
};

if (process.argv[2] === 'get') {
  const asked = Object.fromEntries(
    read(0)
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2)),
  );
  const handed = read(3);
  // A second question finds the pipe empty and gets no answer, which git takes for "none".
  if (handed !== '') {
    const { origin, username, password } = JSON.parse(handed);
    if (`${asked.protocol}://${asked.host}` === origin)
      process.stdout.write(`username=${username}\npassword=${password}\n`);
  }
}
