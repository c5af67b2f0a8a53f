import { execFileSync } from 'node:child_process'
import { defineConfig, type Plugin } from 'vite'

/** The commit this build comes from: the host's word, else git's, else "unknown". */
function commit(): string {
  if (process.env.VERCEL_GIT_COMMIT_SHA) return process.env.VERCEL_GIT_COMMIT_SHA
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}

/** The time of the build; SOURCE_DATE_EPOCH (seconds) makes two builds of one commit equal byte for byte. */
function builtAt(): string {
  const epoch = process.env.SOURCE_DATE_EPOCH
  return (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString()
}

/** Stamps the build into every page (`<meta name="build">`) and into `/version.json`. */
function buildStamp(): Plugin {
  const stamp = { name: 'storefront', commit: commit(), built_at: builtAt() }
  return {
    name: 'build-stamp',
    transformIndexHtml: () => [{ tag: 'meta', attrs: { name: 'build', content: stamp.commit }, injectTo: 'head' }],
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'version.json', source: `${JSON.stringify(stamp)}\n` })
    },
  }
}

export default defineConfig({
  plugins: [buildStamp()],
  build: {
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index.html', '404.html'], checks: { pluginTimings: false } },
  },
})
