// What the vendor's own JavaScript client makes of a project: one JSON object on standard output, judged by the test.
import { createClient } from 'npm:@supabase/supabase-js@2'

const [url, publishable, email, password] = Deno.args
const make = () => createClient(url, publishable, { auth: { persistSession: false, autoRefreshToken: false } })
const client = make()
const seen: Record<string, unknown> = {}

seen.version = (await import('npm:@supabase/supabase-js@2/package.json', { with: { type: 'json' } }).catch(() => null))?.default?.version

// the data API, as nobody in particular
seen.rows = await client.from('products').select('sku,maker:makers(name)', { count: 'exact' }).order('sku').limit(2)
seen.head = (({ count, status }) => ({ count, status }))(await client.from('products').select('*', { count: 'exact', head: true }))
seen.single = await client.from('products').select('name').eq('sku', 'A-1').single()
seen.none = await client.from('products').select('name').eq('sku', 'none').maybeSingle()
seen.search = await client.rpc('nearest', { query: [1, 0], limit_to: 1 })
seen.refused = await client.from('orders').insert({ sku: 'A-1' })
seen.unknown = await client.from('nothing').select()

// a user
seen.wrong = (({ error }) => ({ code: error?.code, status: error?.status }))(
  await client.auth.signInWithPassword({ email, password: 'wrong' }),
)
const { data } = await client.auth.signInWithPassword({ email, password })
seen.user = (await client.auth.getUser()).data.user?.email
const claims = await client.auth.getClaims()
seen.claims = { email: claims.data?.claims.email, algorithm: claims.data?.header.alg }
seen.order = await client.from('orders').insert({ sku: 'A-1', quantity: 2 }).select('sku,quantity').single()
seen.upserted = await client.from('orders').upsert({ id: 1, sku: 'B-2' }, { onConflict: 'id' }).select('id,sku')
seen.updated = await client.from('orders').update({ quantity: 5 }).eq('id', 1).select('quantity')
seen.deleted = await client.from('orders').delete().gte('id', 0).select('sku').order('sku')

// files
const files = client.storage.from('files')
const name = `${data.user!.id}/note.txt`
seen.uploaded = (await files.upload(name, new Blob(['hello'], { type: 'text/plain' }))).data?.path === name
seen.downloaded = await (await files.download(name)).data?.text()
seen.listed = (await files.list(data.user!.id)).data?.map((file) => file.name)
const signed = await files.createSignedUrl(name, 60)
seen.signed = await (await fetch(signed.data!.signedUrl)).text()
seen.removed = (await files.remove([name])).data?.length

// edge functions
seen.invoked = await client.functions.invoke('echo', { body: { n: 1 } }).then(({ data, error }) => ({ data, error }))
const refusal = await make().functions.invoke('echo', { body: {} })
seen.uninvited = { name: refusal.error?.name, status: refusal.error?.context?.status }

// channels: two clients, one topic
const listener = make().channel('room')
const speaker = make().channel('room', { config: { broadcast: { ack: true } } })
const heard = new Promise((resolve) => listener.on('broadcast', { event: 'shout' }, ({ payload }) => resolve(payload)))
const joined = (channel: typeof listener) =>
  new Promise<void>((resolve, reject) =>
    channel.subscribe((status, error) => status === 'SUBSCRIBED' ? resolve() : reject(error ?? status))
  )
await Promise.all([joined(listener), joined(speaker)])
seen.sent = await speaker.send({ type: 'broadcast', event: 'shout', payload: { n: 42, word: 'é' } })
seen.heard = await heard

await client.auth.signOut()
console.log(JSON.stringify(seen))
Deno.exit(0)
