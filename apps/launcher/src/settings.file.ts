import { settings as known } from '@gatehouse/contracts';

/** Values of a settings file, or what is wrong with it, line by line. */
export type SettingsFile =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Reads `NAME=value` lines; `#` starts a comment line, quotes around a value are dropped, nothing is expanded. */
export const parseSettingsFile = (text: string): SettingsFile => {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) faults.push(`line ${at + 1} is not NAME=value`);
    else if (!Object.hasOwn(known, name)) faults.push(`line ${at + 1}: there is no setting ${name}`);
    else if (name === 'GATEHOUSE_DATA_DIR')
      faults.push(`line ${at + 1}: GATEHOUSE_DATA_DIR says where this file lies; set it in the environment`);
    else values[name] = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, values };
};

/** The text of a settings file with these settings in the place of what it said of them; all else stays as it is. */
export const changedSettings = (text: string, values: Readonly<Record<string, string>>): string => {
  const isOther = (line: string): boolean =>
    !Object.hasOwn(values, /^\s*([A-Z0-9_]+)=/.exec(line)?.[1] ?? '');
  const kept = text.split(/\r?\n/).filter(isOther).join('\n').trimEnd();
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return `${[...(kept === '' ? [] : [kept]), ...lines].join('\n')}\n`;
};
