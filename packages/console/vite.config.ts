import { defineConfig } from 'vite'

// Libraries mark files for React's servers ('use client'); there is none here.
const onwarn = (warning: { code?: string }, tell: (warning: any) => void) =>
  warning.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : tell(warning)

export default defineConfig({
  root: 'app',
  // A reverse proxy may put the console under any path.
  base: './',
  build: { outDir: '../dist/app', emptyOutDir: true, chunkSizeWarningLimit: 2000, rollupOptions: { onwarn } },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
