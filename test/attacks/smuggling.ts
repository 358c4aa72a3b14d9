/**
 * Bytes in which two readers could see a different number of requests. Each holds a second request, whole and rightly
 * signed, where a careless reader would find it.
 */

export interface Attempt {
  name: string;
  /**
   * `refused`: one 4xx, then the connection ends. `once`: the outer request is carried out, and nothing else. `held`: all
   * that follows is taken for its body, until the time for a body is over.
   */
  outcome: 'refused' | 'once' | 'held';
  bytes(parts: Parts): string;
}

export interface Parts {
  host: string;
  /** The hidden request, from its first line to the last byte of its body. */
  second: string;
  /** A signed request that makes something, with header lines added behind the signed ones and a body as it travels. */
  outer(headers: readonly string[], framed: (body: string) => string): string;
}

const CRLF = '\r\n';
const LAST = '0\r\n\r\n';
const head = (lines: readonly string[]) => [...lines, '', ''].join(CRLF);
const hex = (text: string) => Buffer.byteLength(text, 'latin1').toString(16);
const chunk = (text: string) => `${hex(text)}\r\n${text}\r\n`;
const post = (host: string, headers: readonly string[], body = '') =>
  head(['POST /v1/kms/list-keys HTTP/1.1', `Host: ${host}`, ...headers]) + body;

/** Spellings of the header that some readers take for chunked and others do not. */
const ENCODINGS: Readonly<Record<string, string>> = {
  plain: 'Transfer-Encoding: chunked',
  'in capitals': 'TRANSFER-ENCODING: CHUNKED',
  'with a blank before the colon': 'Transfer-Encoding : chunked',
  'with a tab before the colon': 'Transfer-Encoding\t: chunked',
  'with a vertical tab': 'Transfer-Encoding:\x0bchunked',
  'with a form feed': 'Transfer-Encoding:\x0cchunked',
  'with NUL': 'Transfer-Encoding: chunked\0',
  'with a high blank': 'Transfer-Encoding:\xa0chunked',
  'with an underscore': 'Transfer_Encoding: chunked',
  'in quotes': 'Transfer-Encoding: "chunked"',
  'in single quotes': "Transfer-Encoding: 'chunked'",
  'twice in one line': 'Transfer-Encoding: chunked, chunked',
  'after identity': 'Transfer-Encoding: identity, chunked',
  'before identity': 'Transfer-Encoding: chunked, identity',
  'after a comma': 'Transfer-Encoding: ,chunked',
  'before a comma': 'Transfer-Encoding: chunked,',
  'with a parameter': 'Transfer-Encoding: chunked;q=1',
  'with a prefix': 'Transfer-Encoding: xchunked',
  'with a suffix': 'Transfer-Encoding: chunkedx',
  'in two lines': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
  'in two lines, the other first': 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'twice in two lines': 'Transfer-Encoding: chunked\r\nTransfer-encoding: chunked',
  folded: 'Transfer-Encoding:\r\n chunked',
  'folded by a tab': 'Transfer-Encoding:\r\n\tchunked',
  'behind a bare line feed': 'X: 1\nTransfer-Encoding: chunked',
  'behind a bare carriage return': 'X: 1\rTransfer-Encoding: chunked',
  'behind a line with a blank name': ' Transfer-Encoding: chunked',
  empty: 'Transfer-Encoding:',
};

const lengthAndEncoding: Attempt[] = Object.entries(ENCODINGS).flatMap(([spelling, line]): Attempt[] => [
  {
    name: `length counts, chunked ${spelling}`,
    outcome: 'refused',
    bytes: ({ host, second }) => {
      const body = LAST + second;
      return post(host, [`Content-Length: ${body.length}`, line], body);
    },
  },
  {
    name: `chunked ${spelling} counts, length is short`,
    outcome: 'refused',
    bytes: ({ host, second }) => {
      const body = chunk(second) + LAST;
      return post(host, [line, `Content-Length: ${body.indexOf(CRLF) + 2}`], body);
    },
  },
]);

/** Lengths that some readers take for the length of what follows and others for nothing. */
const LENGTHS: Readonly<Record<string, (length: number) => string[]>> = {
  'twice, first nothing': (n) => ['Content-Length: 0', `Content-Length: ${n}`],
  'twice, last nothing': (n) => [`Content-Length: ${n}`, 'Content-Length: 0'],
  'twice the same': (n) => [`Content-Length: ${n}`, `Content-Length: ${n}`],
  'as a list': (n) => [`Content-Length: ${n}, ${n}`],
  'as a list that begins with nothing': (n) => [`Content-Length: 0, ${n}`],
  'with a sign': (n) => [`Content-Length: +${n}`],
  negative: (n) => [`Content-Length: -${n}`],
  hexadecimal: (n) => [`Content-Length: 0x${n.toString(16)}`],
  'with a fraction': (n) => [`Content-Length: ${n}.0`],
  'with an exponent': (n) => [`Content-Length: ${n}e0`],
  'with a separator': () => ['Content-Length: 1_0'],
  'with a blank inside': (n) => [`Content-Length: 0 ${n}`],
  'behind a blank name': (n) => [`Content-Length : ${n}`],
  'over 64 bits': (n) => [`Content-Length: ${2n ** 64n + BigInt(n)}`],
  'over 32 bits': (n) => [`Content-Length: ${2n ** 32n + BigInt(n)}`],
  'in quotes': (n) => [`Content-Length: "${n}"`],
  'in other digits': () => ['Content-Length: \xb2'],
  'behind NUL': (n) => [`Content-Length: \0${n}`],
  'behind a bare line feed': (n) => [`X: 1\nContent-Length: ${n}`],
  'behind a bare carriage return': (n) => [`X: 1\rContent-Length: ${n}`],
  folded: (n) => [`Content-Length:\r\n ${n}`],
  'of nothing at all': () => ['Content-Length:'],
};

const lengths = Object.entries(LENGTHS).map(
  ([name, lines]): Attempt => ({
    name: `a length ${name}`,
    outcome: 'refused',
    bytes: ({ host, second }) => post(host, lines(second.length), second),
  }),
);

/** What follows `Transfer-Encoding: chunked`. */
const CHUNKS: Readonly<Record<string, (second: string) => string>> = {
  'with a size over 64 bits': (s) => `10000000000000000\r\n${LAST}${s}`,
  'with a size that is no number': (s) => `g\r\n${LAST}${s}`,
  'with 0x before the size': (s) => `0x0\r\n\r\n${s}`,
  'with a sign before the size': (s) => `-0\r\n\r\n${s}`,
  'with a plus before the size': (s) => `+0\r\n\r\n${s}`,
  'with a blank before the size': (s) => ` 0\r\n\r\n${s}`,
  'with a blank behind the size': (s) => `0 \r\n\r\n${s}`,
  'with a separator in the size': (s) => `0_0\r\n\r\n${s}`,
  'without a size': (s) => `\r\n${s}`,
  'with a fraction': (s) => `0.0\r\n\r\n${s}`,
  'that end in a bare line feed': (s) => `0\n\n${s}`,
  'whose size ends in a bare line feed': (s) => `1\nZ\r\n${LAST}${s}`,
  'whose size ends in a bare carriage return': (s) => `1\rZ\r\n${LAST}${s}`,
  'whose data ends in a bare line feed': (s) => `1\r\nZ\n${LAST}${s}`,
  'whose data ends in nothing': (s) => `1\r\nZ${LAST}${s}`,
  'whose data ends in two other bytes': (s) => `1\r\nZXX${LAST}${s}`,
  'longer than their size': (s) => `1\r\nZZZ\r\n${LAST}${s}`,
  'with a line feed in an extension': (s) => `1;a\nb\r\nZ\r\n${LAST}${s}`,
  'with a carriage return in an extension': (s) => `1;a\rb\r\nZ\r\n${LAST}${s}`,
  'with a line feed in a quoted extension': (s) => `1;a="x\ny"\r\nZ\r\n${LAST}${s}`,
  'with NUL in an extension': (s) => `1;a\0\r\nZ\r\n${LAST}${s}`,
  'with the second request in an extension': (s) => `1;${s.replaceAll(CRLF, '\n')}\r\nZ\r\n${LAST}`,
  'with the first line of a request in an extension': (s) => `0;${s.split(CRLF)[0]}\r\n\r\n${s}`,
  'with a length in the trailer': (s) => `0\r\nContent-Length: ${s.length}\r\n\r\n${s}`,
  'with an encoding in the trailer': (s) => `0\r\nTransfer-Encoding: chunked\r\n\r\n${s}`,
  'with a trailer that is no header': (s) => `0\r\nno header\r\n\r\n${s}`,
  'with a folded trailer': (s) => `0\r\nX: 1\r\n 2\r\n\r\n${s}`,
  'with a bare line feed in the trailer': (s) => `0\r\nX: 1\nY: 2\r\n\r\n${s}`,
  'with a trailer that ends in a bare line feed': (s) => `0\r\nX: 1\r\n\n${s}`,
};

const chunks = Object.entries(CHUNKS).map(
  ([name, body]): Attempt => ({
    name: `chunks ${name}`,
    outcome: 'refused',
    bytes: ({ host, second }) => post(host, ['Transfer-Encoding: chunked'], body(second)),
  }),
);

/** Whole heads that some readers take for no request, for one of another kind, or for one without a body. */
const HEADS: Readonly<Record<string, (host: string, n: number) => string>> = {
  'GET with a body': (h, n) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, `Content-Length: ${n}`]),
  'HEAD with a body': (h, n) => head(['HEAD /healthz HTTP/1.1', `Host: ${h}`, `Content-Length: ${n}`]),
  'GET with chunks': (h) => `${head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'Transfer-Encoding: chunked'])}${LAST}`,
  'HTTP/0.9': () => 'GET /healthz\r\n',
  'HTTP/0.9 with a line feed': () => 'GET /healthz\n',
  'HTTP/1.0': (h) => head(['GET /healthz HTTP/1.0', `Host: ${h}`]),
  'HTTP/1.0 kept alive': (h) => head(['GET /healthz HTTP/1.0', `Host: ${h}`, 'Connection: keep-alive']),
  'HTTP/1.0 with chunks': (h) =>
    `${head(['POST /v1/kms/list-keys HTTP/1.0', `Host: ${h}`, 'Transfer-Encoding: chunked'])}${LAST}`,
  'HTTP/1.2': (h) => head(['GET /healthz HTTP/1.2', `Host: ${h}`]),
  'HTTP/01.1': (h) => head(['GET /healthz HTTP/01.1', `Host: ${h}`]),
  'HTTP/1.10': (h) => head(['GET /healthz HTTP/1.10', `Host: ${h}`]),
  'the protocol in lower case': (h) => head(['GET /healthz http/1.1', `Host: ${h}`]),
  'another protocol': (h) => head(['GET /healthz RTSP/1.0', `Host: ${h}`]),
  'the start of HTTP/2': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a tab for a blank': (h) => head(['GET\t/healthz HTTP/1.1', `Host: ${h}`]),
  'a blank in the target': (h) => head(['GET /health z HTTP/1.1', `Host: ${h}`]),
  'a line feed in the target': (h) => head(['GET /health\nz HTTP/1.1', `Host: ${h}`]),
  'an encoded line end in the target': (h) => head(['GET /healthz%0d%0aX:%201 HTTP/1.1', `Host: ${h}`]),
  'an encoded line end in the query': (h) => head(['GET /healthz?a=%0d%0aX:%201%00 HTTP/1.1', `Host: ${h}`]),
  'the absolute form of another host': (h) => head(['GET https://elsewhere.example/ HTTP/1.1', `Host: ${h}`]),
  'the absolute form with a user': (h) => head([`GET https://a@${h}/healthz HTTP/1.1`, `Host: ${h}`]),
  'the absolute form without a slash': (h) => head([`GET https:${h}/healthz HTTP/1.1`, `Host: ${h}`]),
  'the authority form': (h) => head([`GET ${h} HTTP/1.1`, `Host: ${h}`]),
  CONNECT: (h) => head([`CONNECT ${h} HTTP/1.1`, `Host: ${h}`]),
  TRACE: (h) => head(['TRACE /healthz HTTP/1.1', `Host: ${h}`]),
  'an unknown method': (h) => head(['SMUGGLE /healthz HTTP/1.1', `Host: ${h}`]),
  'no host': () => head(['GET /healthz HTTP/1.1', 'X: 1']),
  'two hosts': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'Host: elsewhere.example']),
  'a host in a fold': (h) => head(['GET /healthz HTTP/1.1', `Host: elsewhere.example\r\n ${h}`]),
  'a host with a path': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}/x`]),
  'a folded header': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'X: 1\r\n 2']),
  'a header without a colon': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'X']),
  'a header without a name': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, ': 1']),
  'a header with a bracket in its name': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'X[: 1']),
  'NUL in a header': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'X: \0']),
  'a bare line feed before the end': (h) => `GET /healthz HTTP/1.1\r\nHost: ${h}\n\r\n`,
  'a bare line feed as the end': (h) => `GET /healthz HTTP/1.1\r\nHost: ${h}\r\n\n`,
  'bare line feeds alone': (h) => `GET /healthz HTTP/1.1\nHost: ${h}\n\n`,
  'bare carriage returns alone': (h) => `GET /healthz HTTP/1.1\rHost: ${h}\r\r`,
  'a header of 20 KiB': (h) => head(['GET /healthz HTTP/1.1', `Host: ${h}`, `X: ${'a'.repeat(20_000)}`]),
  'a hundred and one headers': (h) =>
    head(['GET /healthz HTTP/1.1', `Host: ${h}`, ...Array.from({ length: 100 }, (_, i) => `X-${i}: 1`)]),
  'a target of 9 KiB': (h) => head([`GET /${'a'.repeat(9_000)} HTTP/1.1`, `Host: ${h}`]),
  'two content types': (h, n) =>
    post(h, [`Content-Length: ${n}`, 'Content-Type: text/plain', 'Content-Type: application/json']),
  'another expectation': (h, n) => post(h, [`Content-Length: ${n}`, 'Expect: 100-continue, x']),
  'a compressed body': (h, n) => post(h, [`Content-Length: ${n}`, 'Content-Encoding: gzip']),
  'a body that is a request, of somebody who is refused': (h, n) =>
    post(h, [`Content-Length: ${n}`, 'Connection: close']),
  'two authorizations': (h) =>
    head(['GET /healthz HTTP/1.1', `Host: ${h}`, 'Authorization: Bearer a', 'Authorization: Bearer b']),
};

const heads = Object.entries(HEADS).map(
  ([name, build]): Attempt => ({
    name,
    outcome: 'refused',
    bytes: ({ host, second }) => build(host, second.length) + second,
  }),
);

/** Framing that is right, around bytes that look like a request: it is a part of the body, or of a header. */
const ONCE: Readonly<Record<string, (parts: Parts) => string>> = {
  'chunks with an extension': ({ outer }) =>
    outer(['Transfer-Encoding: chunked'], (body) => `${hex(body)};a=b\r\n${body}\r\n${LAST}`),
  'a chunk for each byte': ({ outer }) =>
    outer(['Transfer-Encoding: chunked'], (body) => [...body].map(chunk).join('') + LAST),
  'sizes with zeros in front': ({ outer }) =>
    outer(['Transfer-Encoding: chunked'], (body) => `000000${hex(body)}\r\n${body}\r\n000\r\n\r\n`),
  'a trailer that names an authorization': ({ outer }) =>
    outer(['Transfer-Encoding: chunked'], (body) => `${chunk(body)}0\r\nAuthorization: Bearer x\r\n\r\n`),
  'a connection header that names the length': ({ outer }) => outer(['Connection: content-length, close'], whole),
  'a connection header that names the signature': ({ outer }) =>
    outer(['Connection: authorization, x-amz-date, close'], whole),
  'another method in a header': ({ outer }) =>
    outer(['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE'], whole),
  'another target in a header': ({ outer }) =>
    outer(['X-Original-URL: /v1/iam/delete-user', 'X-Rewrite-URL: /v1/iam/delete-user'], whole),
  'another host in a header': ({ outer }) =>
    outer(['X-Forwarded-Host: elsewhere.example', 'Forwarded: host=elsewhere.example;for=127.0.0.9'], whole),
  'an upgrade to HTTP/2': ({ outer }) =>
    outer(['Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'], whole),
  'an upgrade to a web socket': ({ outer }) =>
    outer(['Connection: Upgrade, close', 'Upgrade: websocket', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='], whole),
  'an expectation': ({ outer }) => outer(['Expect: 100-continue'], whole),
};

function whole(body: string): string {
  return body;
}

const once = Object.entries(ONCE).map(([name, bytes]): Attempt => ({ name, outcome: 'once', bytes }));

const held: Attempt = {
  name: 'chunks with the largest size there is',
  outcome: 'held',
  bytes: ({ host, second }) => post(host, ['Transfer-Encoding: chunked'], `ffffffffffffffff\r\n${LAST}${second}`),
};

export const SMUGGLING: readonly Attempt[] = [held, ...lengthAndEncoding, ...lengths, ...chunks, ...heads, ...once];
