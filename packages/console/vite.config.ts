import { defineConfig } from 'vite'

export default defineConfig({
  root: 'app',
  build: { outDir: '../dist/app', emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
