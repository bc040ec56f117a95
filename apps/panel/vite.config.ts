import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The diff viewer asks for 190 grammars; the 37 that nearly all code is written in are a fifth of the bytes. */
const fewerGrammars: Plugin = {
  name: 'fewer-grammars',
  transform(code, id) {
    if (!id.includes('/@git-diff-view/lowlight/')) return null;
    const all = 'import { createLowlight, all } from';
    if (!code.includes(all))
      this.error('The diff viewer changed: it does not ask for all grammars this way.');
    return { code: code.replace(all, 'import { createLowlight, common as all } from'), map: null };
  },
};

const server = process.env['GATEHOUSE_URL'] ?? 'http://127.0.0.1:7070';

export default defineConfig({
  base: '/panel/',
  plugins: [react(), fewerGrammars],
  resolve: { conditions: ['@gatehouse/source', 'module', 'browser'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // No data: URLs, so that the policy of the page can stay at 'self'.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: { '/api': { target: server, changeOrigin: true } } },
});
