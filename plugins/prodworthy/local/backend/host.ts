// Runs one edge function the way the platform's runtime does: whatever address the function asks for, it gets a free port of
// the loopback interface, which is announced on standard output; what its handler throws is answered for it.
const [nonce, entrypoint] = Deno.args

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>
type Options = { handler?: Handler; onError?: (error: unknown) => Response | Promise<Response>; signal?: AbortSignal }

const serve = Deno.serve.bind(Deno) as (options: unknown, handler: Handler) => Deno.HttpServer
let booted = false
let port: number | undefined

// Only a module that was evaluated to its end has booted, whatever it already serves by then.
function announce(): void {
  if (booted && port !== undefined) console.log(`${nonce} ${port}`)
}

function listen(first: Options | Handler, second?: Handler): Deno.HttpServer {
  const options: Options = typeof first === 'function' ? {} : first
  const handler = typeof first === 'function' ? first : (second ?? options.handler)
  if (!handler) throw new TypeError('Deno.serve needs a handler')
  const onListen = (address: { port: number }) => {
    port = address.port
    announce()
  }
  const onError = options.onError ?? crashed
  return serve({ hostname: '127.0.0.1', port: 0, signal: options.signal, onListen, onError }, handler)
}

function crashed(error: unknown): Response {
  console.error(error)
  return new Response(null, { status: 500, headers: { [`x-${nonce}`]: 'threw' } })
}

Object.defineProperty(Deno, 'serve', { value: listen, configurable: true, writable: true })
Object.defineProperty(globalThis, 'EdgeRuntime', {
  value: { waitUntil: (work: Promise<unknown>) => void work.catch((error) => console.error(error)) },
})

const module = await import(entrypoint)
if (port === undefined && typeof module.default?.fetch === 'function') {
  listen((request: Request, info: Deno.ServeHandlerInfo) => module.default.fetch(request, info))
}
if (port === undefined) {
  console.error('the module neither calls Deno.serve nor exports a default object with a fetch method')
  Deno.exit(1)
}
booted = true
announce()
