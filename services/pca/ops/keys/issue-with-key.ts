/**
 * Issuing with a key that is made here. What is decided, checked and stored is what IssueCertificate does with the request
 * that the new key signs: the same way, with the same steps. The key is made once the caller may have it. One that is kept
 * is stored in the transaction that takes the serial number, before anything is signed: there is no certificate without it.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { InputOf, OutputOf } from '../../../../platform/contract/operation.ts';
import { structure } from '../../../../platform/contract/shape.ts';
import { type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import { IssueCertificateWithKey } from '../../api/keys/issue-with-key.ts';
import { Arn } from '../../api/shapes.ts';
import type { PcaDeps } from '../../deps.ts';
import { readRequestBeside } from '../../domain/csr.ts';
import { requestContent, standInRequest } from '../../domain/keys/request.ts';
import { issuedKeyName } from '../../domain/keys/rows.ts';
import { isForAuthorities } from '../../domain/template.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import type { AnyCall } from '../authority-access.ts';
import { requireCertificate } from '../issuing/get-certificate.ts';
import { issueFor, requireIssuing } from '../issuing/issue-certificate.ts';
import { type Order, planOrder, readAsked, resolveWanted } from '../issuing/order.ts';
import { type RequestToken, requestToken } from '../request-token.ts';
import { answer, requireFile } from './key-file.ts';
import type { NewKey } from './new-keys.ts';
import { keptKey, sealKey, withKey } from './sealed-keys.ts';

const implement = implementFor<PcaDeps>();
type Input = InputOf<typeof IssueCertificateWithKey>;
type Output = OutputOf<typeof IssueCertificateWithKey>;

/** What is remembered for an idempotency token: never the key. */
const Remembered = structure({ CertificateArn: Arn });
type Remembered = { CertificateArn: string };

export const issueCertificateWithKey = implement(IssueCertificateWithKey, {
  async resolve(call, input, deps) {
    const read = requestContent(input);
    const standIn = read.ok ? standInRequest(read.content, input.KeyAlgorithm) : read;
    const csr = { code: 'InvalidArgs', read: async () => standIn } as const;
    const { targets, ...resolved } = await resolveWanted(call, deps, input.CertificateAuthorityArn, (record) =>
      readAsked(input, csr, record, deps),
    );
    // Whoever may not have the certificate may not have it with a key either.
    const both = targets.flatMap((target) => [{ ...target, action: 'acm-pca:IssueCertificate' }, target]);
    return { targets: both, ...resolved };
  },

  async run(call, input, order: Order, deps): Promise<Change<Output>> {
    try {
      requireFile(call, input);
      const token = requestToken<Remembered>(call, deps, input.IdempotencyToken, Remembered);
      const earlier = await token.recall();
      if (earlier) {
        const again = await issuedBefore(call, deps, { record: order.record, arn: earlier.CertificateArn, input });
        return change(async () => again);
      }
      requireIssuable(call, order, input);
      await requireIssuing(call, deps, order);
      const read = requestContent(input);
      if (!read.ok) throw call.fail('InvalidArgs', read.problem);
      const key = await deps.newKeys.make(input.KeyAlgorithm, read.content);
      try {
        return await issuedFor(call, deps, { order, key, input, token });
      } finally {
        key.pkcs8.fill(0);
      }
    } finally {
      input.Passphrase?.fill(0);
    }
  },
});

function requireIssuable(call: AnyCall, { record, template }: Order, { KeepKey }: Input): void {
  if (isForAuthorities(template))
    throw call.fail('InvalidArgs', `template ${template.name} is for authorities, whose keys are made in the HSM`, {
      hint: 'CreateCertificateAuthority makes one',
    });
  if (KeepKey && call.caller.accountId !== record.row.account_id)
    throw call.fail('InvalidArgs', 'a key is kept for the account of the authority only', {
      hint: 'leave KeepKey out and keep the answer',
    });
}

interface Issuing {
  order: Order;
  key: NewKey;
  input: Input;
  token: RequestToken<Remembered>;
}

async function issuedFor(call: AnyCall, deps: PcaDeps, issuing: Issuing): Promise<Change<Output>> {
  const { order, key, input, token } = issuing;
  const { record } = order;
  const planned = await plannedFor(call, deps, issuing);
  const kept = (serial: string) =>
    sealKey(deps, issuedKeyName({ ...record.row, serial }, deps.settings), { ...key, now: call.now });
  const { arn, row, store, abandon } = await issueFor(call, deps, planned, input.KeepKey ? kept : undefined);
  try {
    const { chain } = record.issuer;
    const output = await answer({ arn, certificate: row.certificate as Buffer, chain }, key.pkcs8, input);
    return change(
      async (tx) => {
        let isFirst = false;
        await token.once(tx, async () => {
          isFirst = true;
          await store(tx);
          return { CertificateArn: output.CertificateArn };
        });
        // The answer of that one has another key.
        if (!isFirst) throw call.fail('RequestInProgress', 'a request with the same idempotency token was faster');
        return output;
      },
      undefined,
      abandon,
    );
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** The order with the key in the place of the stand-in. */
async function plannedFor(call: AnyCall, deps: PcaDeps, { order, key, input }: Issuing) {
  const { record, target } = order;
  const csr = { code: 'InvalidArgs', read: () => readRequestBeside(key.csr) } as const;
  const read = await readAsked(input, csr, record, deps);
  const planned = read.ok ? planOrder(call, read.wanted, deps, record) : read;
  if (!planned.ok) throw call.fail(planned.code, planned.problem);
  // INVARIANT: what is issued is what was authorized.
  if (JSON.stringify(planned.conditions) !== JSON.stringify(target.context))
    throw new ServiceError('Internal', 'the certificate is not the one that was decided about');
  return { record, target, ...planned.order };
}

/** The certificate of an earlier request with the same token: with its key, where that was kept. */
async function issuedBefore(
  call: AnyCall,
  deps: PcaDeps,
  { record, arn, input }: { record: AuthorityRecord; arn: string; input: Input },
): Promise<Output> {
  const { row, certificate, chain } = await requireCertificate(call, deps, record, arn);
  call.touches(arn, 'AWS::ACMPCA::Certificate', row.account_id);
  const kept = await keptKey(deps, issuedKeyName(row, deps.settings));
  if (!kept)
    throw call.fail('RequestAlreadyProcessed', `${arn} was issued by an earlier request, and its key was not kept`, {
      hint: 'if the answer was lost, revoke the certificate and issue another one with a new token',
    });
  return withKey(deps, kept, (pkcs8) => answer({ arn, certificate, chain }, pkcs8, input));
}
