/**
 * From a ready order to its certificate: by IssueCertificate of this service, as the principal of the account, with the
 * directory as the source. So policies, lints, serial numbers and the record are those of every other certificate, and
 * what an order may get is decided now, not when its account was opened (spec pca 3.6).
 */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Origin } from '../../../../platform/runtime/call.ts';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { atTime, beginIssuing, endIssuing, type Order, undoIssuing } from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import { serialOfArn } from '../../domain/authority-ref.ts';
import { type CertificationRequest, readRequest } from '../../domain/csr.ts';
import { generalNameText, normalized } from '../../domain/x509/general-name.ts';
import { valuesOf } from '../../domain/x509/name.ts';
import { ATTRIBUTE } from '../../domain/x509/oids.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { callerOf } from './account-rows.ts';
import { type PublicJwk, payloadOf } from './jws.ts';
import { changeOrder, type Doing, readBody } from './order-rows.ts';
import { requireOrder, shownOrder } from './orders.ts';
import type { Reply } from './reply.ts';
import { doing, type FromAccount } from './request.ts';

const Finalize = z.object({
  csr: z
    .string()
    .max(43_700)
    .regex(/^[A-Za-z0-9_-]+$/),
});

export async function finalize(deps: PcaDeps, request: FromAccount, orderId: string): Promise<Reply> {
  const { csr } = payloadOf(request.jws, Finalize);
  const before = atTime(readBody(await requireOrder(deps, request, orderId)), request.call.now);
  if (before.status !== 'ready') throw notReady(before);
  checkRequest(Buffer.from(csr, 'base64url'), before, request);
  const as = doing(request);
  const begun = await changeOrder(deps, as, orderId, {
    operation: AcmeRecords.orderFinalized,
    next: (order) => beginIssuing(atTime(order, request.call.now), csr, request.call.now),
  });
  if (!begun.changed) throw notReady(readBody(begun.row));
  const row = await issueOrder(deps, as, begun.row);
  return { status: 200, headers: { location: request.at('order', orderId) }, body: shownOrder(request, row) };
}

const notReady = ({ status }: Order) => new AcmeProblem('orderNotReady', `the order is ${status}`);

/** The request has the identifiers of the order, all of them and no others (RFC 8555 7.4). */
function checkRequest(bytes: Buffer, order: Order, { account }: FromAccount): void {
  const read = readRequest(bytes);
  if (!read.ok) throw new AcmeProblem('badCSR', read.problem);
  const wanted = order.authorizations.map(({ identifier }) => `${identifier.type}:${identifier.value}`);
  const names = namesOf(read.csr);
  const extra = names.filter((name) => !wanted.includes(name));
  const lacking = wanted.filter((name) => !names.includes(name));
  if (extra.length + lacking.length > 0)
    throw new AcmeProblem(
      'badCSR',
      `the request has other names than the order: ${[...extra.map((name) => `+${name}`), ...lacking.map((name) => `-${name}`)].join(' ').slice(0, 1000)}`,
    );
  const accountKey = createPublicKey({ key: JSON.parse(account.jwk) as PublicJwk as JsonWebKey, format: 'jwk' });
  if (publicKeyHash(accountKey.export({ type: 'spki', format: 'der' })) === publicKeyHash(read.csr.publicKey))
    throw new AcmeProblem('badCSR', 'the key of the account is no key for a certificate');
}

function namesOf({ facts, subject }: CertificationRequest): string[] {
  const names = (facts.subjectAltNames ?? []).map((name) => {
    const written = normalized(name);
    return `${written.kind}:${generalNameText(written)}`;
  });
  const common = valuesOf(subject, ATTRIBUTE.commonName).map((value) => value.toLowerCase());
  // A common name that is an address is one of the names too.
  const others = common.filter((value) => !names.includes(`ip:${value}`)).map((value) => `dns:${value}`);
  return [...new Set([...names, ...others])];
}

/** An order that is being processed, to its end. The token makes that a repetition issues nothing a second time. */
export async function issueOrder(deps: PcaDeps, as: Doing, row: OrderRow): Promise<OrderRow> {
  const { directory, account } = as;
  const { authority, rules } = directory;
  const { csr = '' } = readBody(row);
  let arn: string;
  try {
    const { CertificateArn } = await deps.clients.pca.IssueCertificate(
      {
        CertificateAuthorityArn: authority.arn,
        Csr: Buffer.from(csr, 'base64url'),
        SigningAlgorithm: authority.row.signing_algorithm,
        TemplateArn: rules.template,
        Validity: { Type: 'DAYS', Value: rules.validityDays },
        IdempotencyToken: row.order_id,
      },
      { caller: callerOf(account), origin: as.origin ?? jobOrigin(deps), sourceArn: directory.arn },
    );
    arn = CertificateArn;
  } catch (error) {
    const problem = issuingProblem(error);
    if (!problem) throw error;
    await changeOrder(deps, as, row.order_id, {
      operation: AcmeRecords.orderReopened,
      next: undoIssuing,
      recorded: () => ({ Outcome: problem.message.slice(0, 4096) }),
    });
    throw problem;
  }
  const serial = serialOfArn(arn, authority.arn) ?? '';
  const done = await changeOrder(deps, as, row.order_id, {
    operation: AcmeRecords.orderIssued,
    next: (order) => endIssuing(order, serial),
    recorded: () => ({ CertificateArn: arn }),
  });
  return done.row;
}

/** What the client is told. Undefined: it cannot be known whether there is a certificate; the order stays as it is. */
function issuingProblem(error: unknown): AcmeProblem | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  const { code, message, details } = error;
  switch (code) {
    case 'AccessDenied':
      return new AcmeProblem('unauthorized', `the principal of the account may not have this certificate: ${message}`);
    case 'Unauthenticated':
      return new AcmeProblem('unauthorized', 'the principal of the account does not exist any more');
    case 'MalformedCsr':
    case 'InvalidArgs':
      return new AcmeProblem('badCSR', message);
    case 'NotFound':
    case 'InvalidState':
    case 'LimitExceeded':
      return new AcmeProblem('serverInternal', message, {
        status: 503,
        retryAfterSeconds: details.retryAfterSeconds ?? 60,
      });
    default:
      return undefined;
  }
}

function jobOrigin(deps: PcaDeps): Origin {
  return {
    requestId: deps.ids.uuidv7(),
    sourceIp: '127.0.0.1',
    userAgent: 'parapet/pca',
    receivedAt: deps.clock.now(),
    protocol: 'internal',
  };
}
