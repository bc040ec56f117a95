import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env['GATEHOUSE_URL'] ?? 'http://127.0.0.1:7070';

export default defineConfig({
  base: '/panel/',
  plugins: [react()],
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
