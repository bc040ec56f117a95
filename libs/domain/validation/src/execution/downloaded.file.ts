/** A file that is downloaded by one command and run by another: nobody can have reviewed that either. */

const fetches = /\b(?:curl|wget|aria2c|iwr|irm|invoke-webrequest|start-bitstransfer)\b/i;
const target =
  /(?:^|\s)(?:-OutFile|-Destination|-[a-zA-Z]{0,8}[oO]|--output-document|--output|--out|>{1,2})(?:\s+|=|(?=["'\w./$~]))["']?([^\s"'<>|;&]{1,300})/gi;
/** Named as in its address. */
const remoteName = /(?:^|\s)(?:-[a-zA-Z]{0,8}O|--remote-name|--remote-name-all)(?=\s|$)|\bwget\b/;
const address = /\bhttps?:\/\/[^\s"'<>|;&]{1,500}/gi;
const wrapper =
  /^\s*(?:(?:sudo|env|exec|command|nohup|time|then|do|else|if|run|!|&)\s+(?:-[\w-]+\s+|\w+=\S*\s+){0,5}){0,3}/i;
const runs =
  /^(?:[\w/.-]*\/)?(?:(?:ba|z|da|k|a|fi|c|tc)?sh|python[\d.]*|perl|ruby|node|php|deno\s+run|bun|pwsh|powershell|source|\.|chmod|install|dpkg|rpm|msiexec|start-process|java\s+-jar)(?:\s+(?:-[\w-]+|\+?[ugoa]*\+?[rwx]+|[0-7]{3,4}))*\s+["']?([^\s"'<>|;&)]{1,300})/i;
const started = /^["']?([^\s"'<>|;&)]{0,300}\/[^\s"'<>|;&)]{1,300})/;

const nameOf = (text: string): string => text.replace(/^\.\//, '').replace(/[)\]}]+$/, '');

const baseOf = (url: string): string => nameOf(url.replace(/[?#].*$/, '').replace(/^.*\//, ''));

/** Files that a command puts there. */
const fetchedBy = (command: string): string[] => {
  const named = [...command.matchAll(target)].map(([, name]) => nameOf(name!));
  // `-O` of wget names a file, of curl none.
  const own = remoteName.test(command) ? [...command.matchAll(address)].map(([url]) => baseOf(url)) : [];
  return [...named, ...own].filter(
    (name) => /[\w$]/.test(name) && !/^https?:/i.test(name) && name !== '/dev/null',
  );
};

/** The file that a command runs or makes runnable; null where it runs none. */
const runBy = (command: string): string | null => {
  const plain = command.replace(wrapper, '');
  const found = runs.exec(plain) ?? started.exec(plain);
  return found === null ? null : nameOf(found[1]!);
};

const maxCommands = 50;

/** Numbers of lines that run what the text downloads, each with the line that does; lines are looked at in order. */
export const runsDownloaded = (
  lines: readonly { readonly number: number; readonly text: string }[],
): { readonly number: number; readonly from: number; readonly text: string }[] => {
  const fetched = new Map<string, number>();
  const found: { number: number; from: number; text: string }[] = [];
  for (const { number, text } of lines) {
    if (text.length > 4000) continue;
    // Nothing is run that was not fetched before: most files end here.
    if (fetched.size === 0 && !fetches.test(text)) continue;
    const commands = text.split(/&&|\|\||[;|]|`|\$\(|\(["']|"\s*,\s*"/, maxCommands);
    for (const command of commands.map((one) => one.replace(/^[\s"'(@-]*(?:run\s|run:\s|- )?/i, ''))) {
      const file = runBy(command);
      const from = file === null ? undefined : fetched.get(file);
      if (from !== undefined) found.push({ number, from, text });
      if (fetches.test(command) && fetched.size < 1000)
        for (const name of fetchedBy(command)) fetched.set(name, number);
    }
  }
  return found;
};
