import { policiesLetIn } from '../../../../platform/authz/ask.ts';
import { implementFor } from '../../../../platform/runtime/call.ts';
import { PreviewCertificate } from '../../api/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { planOf } from '../../domain/issuing.ts';
import { isForAuthorities } from '../../domain/template.ts';
import { usageName } from '../../domain/wire-content.ts';
import { writeTbs } from '../../domain/x509/certificate.ts';
import { generalNameText } from '../../domain/x509/general-name.ts';
import { nameText } from '../../domain/x509/name.ts';
import { requireState } from '../authority-access.ts';
import { requireTrustedChain } from '../revocation/trusted-chain.ts';
import { checkOrder } from './check-order.ts';
import { NO_SERIAL, type Order, resolveOrder } from './order.ts';

const implement = implementFor<PcaDeps>();

/** The way of IssueCertificate up to the point where it would take a serial number. */
export const previewCertificate = implement(PreviewCertificate, {
  resolve: resolveOrder,
  async run(call, _input, order: Order, deps) {
    const { record, template, draft, target, planned } = order;
    requireState(call, template.kind === 'root' ? 'IssueOwnCertificate' : 'IssueCertificate', record);
    await requireTrustedChain(call, deps, record);
    const tbs = writeTbs(planOf(draft, NO_SERIAL));
    const about = { now: call.now, warnings: true };
    const findings = await checkOrder(deps, order, { tbs, serial: NO_SERIAL }, about);
    const { facts, subject, issuer, notBefore, notAfter } = planned;
    const path = facts.basicConstraints?.pathLength;
    return {
      Allowed: await policiesLetIn(call, deps, { ...target, action: 'acm-pca:IssueCertificate' }),
      Issuable: findings.every(({ level }) => level === 'warning'),
      Findings: findings.map(({ lint, name, level, message }) => ({
        Lint: lint,
        Name: name,
        Level: level,
        Message: message.slice(0, 1024),
      })),
      Subject: nameText(subject),
      Issuer: nameText(issuer),
      NotBefore: notBefore,
      NotAfter: notAfter,
      Names: (facts.subjectAltNames ?? []).map((name) => `${name.kind}:${generalNameText(name)}`),
      KeyUsage: [...(facts.keyUsage ?? [])],
      ExtendedKeyUsage: (facts.extKeyUsage ?? []).map(usageName),
      ...(path !== undefined && { PathLen: path }),
      IsCA: isForAuthorities(template),
      Dropped: [...draft.dropped],
      ToBeSigned: tbs,
    };
  },
});
