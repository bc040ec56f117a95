/** What coding agents obey or run when they work in the folder; written in lower case, since paths are folded first. */
export const agentFileGlobs: readonly string[] = [
  ...['cursor', 'claude', 'codex', 'agents', 'gemini', 'windsurf', 'clinerules', 'continue', 'roo', 'kiro']
    .concat(['amazonq', 'junie', 'augment', 'trae', 'opencode', 'qwen', 'factory', 'openhands', 'serena'])
    .map((name) => `**/.${name}/**`),
  ...['agents.md', 'agents.override.md', 'claude.md', 'claude.local.md', 'gemini.md', 'qwen.md']
    .concat(['.cursorrules', '.windsurfrules', '.clinerules', '.roorules', '.roorules-*', '.goosehints'])
    .concat(['.augment-guidelines', '.mcp.json', 'mcp.json', '.aider.conf.yml', 'copilot-instructions.md'])
    .concat([
      'opencode.json',
      'opencode.jsonc',
      '.opencode.json',
      'crush.json',
      '.crush.json',
      '.continuerc.json',
      '.roomodes',
    ])
    .concat(
      [
        'cursor',
        'cursorindexing',
        'codeium',
        'gemini',
        'aider',
        'cline',
        'roo',
        'copilot',
        'claude',
        'ai',
      ].map((name) => `.${name}ignore`),
    )
    .map((name) => `**/${name}`),
  // Elsewhere these are words like others.
  ...['.aiexclude', 'replit.md', 'agent.md', 'warp.md', 'crush.md', '.rules'],
];
