/** Lines that run what they fetched or unpacked: nobody can have reviewed that. All in time linear in the line. */

const fetcher =
  /\b(?:curl|wget|fetch|aria2c|http|iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring)\b/i;
const runner =
  /^\s*(?:sudo\s+(?:-[\w-]+\s+){0,5})?(?:(?:env|exec|command|nohup|xargs|nice)\s+(?:(?:-[\w{}-]+|\w+=\S*)\s+){0,5})?(?:[\w/.-]*\/)?(?:(?:ba|z|da|k|a|fi|c|tc)?sh|python[\d.]*|perl|ruby|node|php|iex|invoke-expression)(?![\w.=:/-])/i;
const decoder = /\b(?:base64\s+(?:-d|-D|--decode)\b|openssl\s+(?:base64|enc)\b|xxd\s+-r\b|gunzip\b|zcat\b)/;
const substituted =
  /(?:\b(?:ba|z|da|k|a)?sh\b\s+(?:-\w+\s+){0,3}["']?|\beval\s+["']?|(?:^|\s)(?:source|\.)\s+["']?)(?:\$\(|`|<\()\s*(?:curl|wget|fetch)\b/;
const unpacked = [
  /\b(?:eval|Function|execScript)\s*\(\s*(?:(?:window|globalThis|self|global)\s*\.\s*)?(?:atob|unescape|decodeURIComponent|String\s*\.\s*fromCharCode)\b/,
  /\b(?:eval|Function)\s*\(\s*Buffer\s*\.\s*from\b/,
  /\b(?:exec|eval)\s*\(\s*(?:compile\s*\(\s*)?(?:__import__\s*\(\s*['"]\w{1,20}['"]\s*\)\s*\.\s*|(?:base64|zlib|codecs|binascii|marshal|bytes)\s*\.\s*)(?:b64decode|b32decode|a85decode|decompress|decode|unhexlify|loads|fromhex)\b/,
  /\b(?:eval|exec)\s*\(\s*(?:requests|urllib\s*\.\s*request|urllib2)\s*\.\s*(?:get|urlopen)\b/,
  /\beval\s*\(\s*(?:base64_decode|gzinflate|str_rot13)\b/,
  /\b(?:powershell|pwsh)(?:\.exe)?\b[^|]{0,200}\s-e(?:nc|ncodedcommand)?\s+[A-Za-z0-9+/=]{16}/i,
  /\b(?:import|importScripts|(?:new\s+)?(?:Shared)?Worker|register)\s*\(\s*(?:new\s+URL\s*\(\s*)?["'`](?:data|blob):/,
  /\b(?:from|import)\s*["']data:|--(?:import|loader|experimental-loader|require)[= ]["']?data:|<script\b[^>]{0,200}\bsrc\s*=\s*["']?data:/i,
  /\bnew\s+(?:Shared)?Worker\s*\(\s*(?:window\s*\.\s*)?URL\s*\.\s*createObjectURL\b/,
  /\b(?:runInThisContext|runInNewContext|runInContext|compileFunction|_compile)\s*\(\s*(?:atob|Buffer\s*\.\s*from|unescape|decodeURIComponent)\b/,
  /\b(?:iex|invoke-expression)\b\s*[("'$ ]{0,4}\s*(?:iwr|irm|invoke-webrequest|invoke-restmethod|\(?new-object\s+(?:system\.)?net\.webclient)\b/i,
];

/** Words of which every line has one that `substituted` or `unpacked` speaks of: most lines have none. */
const telling =
  /curl|wget|fetch|eval|exec|data:|blob:|createObjectURL|runIn|ompile|Function|[Pp][Oo][Ww][Ee][Rr]|[Pp][Ww][Ss][Hh]|[Ii][Ee][Xx]|[Ii][Nn][Vv][Oo][Kk][Ee]-/;

/** `curl … | sh`, and what is decoded instead of fetched. */
const isPiped = (line: string): boolean => {
  if (!line.includes('|')) return false;
  let source = false;
  for (const part of line.split('|')) {
    if (source && runner.test(part)) return true;
    // A new command ends what was piped; `||` leaves an empty part between.
    const last = part.slice(Math.max(part.lastIndexOf(';'), part.lastIndexOf('&')) + 1);
    source = part.trim() !== '' && (fetcher.test(last) || decoder.test(last) || (source && last === part));
  }
  return false;
};

/** What a line that nobody should have to find by eye does; null where it does none of it. */
export const runsFetchedCode = (line: string): 'piped' | 'unpacked' | null => {
  if (isPiped(line)) return 'piped';
  if (!telling.test(line)) return null;
  if (substituted.test(line)) return 'piped';
  return unpacked.some((pattern) => pattern.test(line)) ? 'unpacked' : null;
};

const starts =
  /\bchild_process\b|\bexecSync\b|\bexecFileSync\b|\bspawnSync\b|\bexeca\b|\bsubprocess\s*\.|\bos\s*\.\s*(?:system|popen|exec[lv])|\bProcessBuilder\b|\bgetRuntime\s*\(|\bstd::process\b|\bCommand::new\b/;

/** The line starts other programs. */
export const startsProcess = (line: string): boolean => starts.test(line);
