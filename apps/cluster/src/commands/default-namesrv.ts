/** Where `mq start` is found, unless the environment names another cluster. */
export const defaultNamesrv = (env: NodeJS.ProcessEnv): string => env['NAMESRV_ADDR'] || '127.0.0.1:9876'
