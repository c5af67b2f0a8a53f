/** Bakes the commit into the `version` function just before `supabase functions deploy`: `npm run stamp`. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
const stamp = { commit, built_at: new Date().toISOString() }
writeFileSync(
  new URL('../supabase/functions/version/stamp.json', import.meta.url),
  `${JSON.stringify(stamp, null, 2)}\n`,
)
