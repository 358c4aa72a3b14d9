/**
 * Issuing a certificate again: from what the one before says, through the one way in which certificates are issued, with
 * its policies and lints. The link to the one before is in the commit that makes the new one issued.
 */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import { change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { ReissueCertificate } from '../../api/scm/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { readRequestBeside } from '../../domain/csr.ts';
import { isTrusted } from '../../domain/revocation/agreement.ts';
import { askedAgain } from '../../domain/scm/reissue.ts';
import { isForAuthorities, templateArn, templateOf } from '../../domain/template.ts';
import { algorithmOf, SIGNING_ALGORITHMS } from '../../domain/x509/algorithm.ts';
import { readPublicKey } from '../../domain/x509/public-key.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { insertReissue } from '../../store/scm/reissue-queries.ts';
import { issueFor } from '../issuing/issue-certificate.ts';
import { type Order, type ReadWanted, type Refusal, resolveWanted } from '../issuing/order.ts';
import { revocationOf } from '../revocation/revocation-of.ts';
import { authorityOf, type IssuedRecord, issuedRecord } from './inventory-access.ts';
import { sealedReissue } from './reissues.ts';

const implement = implementFor<PcaDeps>();
type Input = InputOf<typeof ReissueCertificate>;

interface Reissue {
  order: Order;
  before: IssuedRecord;
}

export const reissueCertificate = implement(ReissueCertificate, {
  async resolve(call, input, deps): Promise<Resolved<Reissue>> {
    let before: IssuedRecord | undefined;
    const { targets, state, absent } = await resolveWanted(
      call,
      deps,
      authorityOf(input.CertificateArn),
      async (authority) => {
        before = await issuedRecord(call, deps, authority, input.CertificateArn);
        if (!before) return refuse('NotFound', `certificate ${input.CertificateArn} does not exist`);
        return wantedOf(deps, input, authority, before);
      },
    );
    const both = targets.flatMap((target) => [target, { ...target, action: 'acm-pca:IssueCertificate' }]);
    if (absent || !before) return { targets: both, state: undefined as never, ...(absent && { absent }) };
    return { targets: both, state: { order: state, before } };
  },

  async run(call, _input, { order, before }, deps) {
    const { arn, row, store } = await issueFor(call, deps, order);
    const link = await sealedReissue(deps, {
      authority_id: row.authority_id,
      serial: row.serial,
      account_id: row.account_id,
      replaces_serial: before.row.serial,
      created_at: call.now,
    });
    return change(async (tx) => {
      await store(tx);
      await insertReissue(tx, link);
      return { CertificateArn: arn };
    });
  },
});

const refuse = (code: Refusal['code'], problem: string): Refusal => ({ ok: false, code, problem });

async function wantedOf(
  deps: PcaDeps,
  input: Input,
  authority: AuthorityRecord,
  { row, certificate }: IssuedRecord,
): Promise<ReadWanted> {
  const template = templateOf(deps.settings.partition, templateArn(deps.settings.partition, row.template));
  if (!template || template.kind === 'root' || isForAuthorities(template))
    return refuse('InvalidArgs', 'the certificate of an authority is not issued anew; import a new one for it');
  const algorithm = input.SigningAlgorithm
    ? SIGNING_ALGORITHMS.find((name) => name === input.SigningAlgorithm)
    : (algorithmOf(certificate.outerAlgorithm) ?? authority.row.signing_algorithm);
  if (!algorithm) return refuse('InvalidArgs', `certificates are not signed with ${input.SigningAlgorithm}`);
  const key = await keyOf(deps, input, row, certificate.publicKey);
  if (!key.ok) return key;
  const { csr, api, days } = askedAgain(certificate, template, key);
  const validity = input.Validity ?? { Type: 'DAYS' as const, Value: days };
  return { ok: true, wanted: { template, algorithm, csr, api, validity } };
}

async function keyOf(deps: PcaDeps, { Csr }: Input, row: IssuedRecord['row'], publicKey: Buffer) {
  if (Csr) {
    const read = await readRequestBeside(Csr);
    return read.ok
      ? { ok: true as const, publicKey: read.csr.publicKey, key: read.csr.key }
      : refuse('MalformedCsr', read.problem);
  }
  const { revocation } = await revocationOf(deps, row, row);
  if (!isTrusted(revocation))
    return refuse('InvalidState', 'the certificate was revoked: a new one needs a request for a new key');
  return { ok: true as const, publicKey, key: readPublicKey(publicKey) };
}
