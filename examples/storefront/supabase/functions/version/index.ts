/** `GET`: which commit is deployed. The stamp is part of the deployed bundle, so the answer cannot be out of step with it. */
import { serve } from '../_shared/http.ts'
import stamp from './stamp.json' with { type: 'json' }

serve('GET', () => ({
  name: 'storefront',
  // Unstamped (a checkout that never ran `npm run stamp`): whoever runs it may say what it is.
  commit: stamp.commit === 'unknown' ? (Deno.env.get('BUILD_COMMIT') ?? 'unknown') : stamp.commit,
  built_at: stamp.built_at || (Deno.env.get('BUILD_TIME') ?? 'unknown'),
}))
