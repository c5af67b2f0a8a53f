/** What every function answers with: JSON, CORS, and safe headers, on errors and preflights too. */

// A wildcard in allow-headers does not cover "authorization", so each header a client sends is named.
const requestHeaders = [
  'authorization',
  'apikey',
  'content-type',
  'x-client-info',
  'x-region',
  'x-supabase-api-version',
  'traceparent',
  'tracestate',
  'baggage',
]

const commonHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': requestHeaders.join(', '),
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** A refusal that the caller can read: `status` and `{"error": {"code", "message"}}`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** Serves one method of one function; preflights, refusals and crashes are answered here. */
export function serve(method: 'GET' | 'POST', answer: (request: Request) => unknown): void {
  const methods = `${method}, OPTIONS`
  Deno.serve(async (request) => {
    const headers = { ...commonHeaders, 'access-control-allow-methods': methods }
    if (request.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: { ...headers, 'access-control-max-age': '86400' } })
    }
    try {
      if (request.method !== method) throw new Refusal(405, 'method_not_allowed', `use ${method}`)
      return Response.json(await answer(request), { headers })
    } catch (error) {
      return refuse(error, headers)
    }
  })
}

function refuse(error: unknown, headers: Record<string, string>): Response {
  if (error instanceof Refusal) {
    return Response.json({ error: { code: error.code, message: error.message } }, { status: error.status, headers })
  }
  // The cause goes to the log; a stranger learns only that it happened.
  console.error(error)
  return Response.json(
    { error: { code: 'internal', message: 'something broke on our side' } },
    { status: 500, headers },
  )
}

/** The JSON object of a request body, at most 64 KiB; anything else is a 400. */
export async function jsonObject(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text()
  if (text.length > 65536) throw new Refusal(413, 'body_too_large', 'the body is larger than 64 KiB')
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    // Falls through: not JSON is as wrong as not an object.
  }
  throw new Refusal(400, 'bad_body', 'the body must be a JSON object')
}
