import '@mantine/core/styles.css'
import 'uplot/dist/uPlot.min.css'
import { createTheme, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { App } from './app'
import { LiveProvider } from './live'

const theme = createTheme({ primaryColor: 'teal', defaultRadius: 'md', fontFamily: 'system-ui, sans-serif' })
const queries = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } })

createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} defaultColorScheme="auto">
    <QueryClientProvider client={queries}>
      <LiveProvider>
        {/* Pages lie behind the hash: the server knows files and the API, and nothing of pages. */}
        <Router hook={useHashLocation}>
          <App />
        </Router>
      </LiveProvider>
    </QueryClientProvider>
  </MantineProvider>,
)
