// Runs before the first paint and before any module: a strict content security policy forbids inline scripts,
// and zod asks once, on its first schema, whether it may compile code. It may not here.
globalThis.__zod_globalConfig = { jitless: true };
(() => {
  let scheme = 'auto';
  try {
    scheme = localStorage.getItem('gatehouse-scheme') ?? 'auto';
  } catch {
    // Storage may be forbidden; the system's scheme is used then.
  }
  const dark =
    scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
