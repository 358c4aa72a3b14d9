/**
 * Looks whether somebody controls a name. One look has a time that nothing exceeds, and there are never more looks at once
 * than a number: what does not fit is taken up by the job.
 */
import { createHash } from 'node:crypto';
import { AcmeRecords } from '../../../api/acme/protocol.ts';
import type { PcaDeps } from '../../../deps.ts';
import { baseName } from '../../../domain/acme/identifier.ts';
import { type Authorization, type Challenge, endChallenge } from '../../../domain/acme/order.ts';
import { AcmeProblem, type ProblemDocument } from '../../../domain/acme/problem.ts';
import { changeOrder, type Doing, orderById, readBody } from '../order-rows.ts';
import { Names, type ResolverAddress } from './addresses.ts';
import { checkHttp, type Looking, type Ports } from './http-01.ts';
import { checkTls } from './tls-alpn-01.ts';

export interface ValidationSettings {
  /** What the installation allows: CIDR; empty: ordinary addresses. */
  networks: readonly string[];
  resolvers: readonly ResolverAddress[];
  ports: Ports;
}

export interface Place {
  authorization: number;
  challenge: number;
}

const TIME_MS = 15_000;
const MOST_AT_ONCE = 100;

export class Validator {
  private readonly names: Names;
  private readonly ports: Ports;
  private busy = 0;

  constructor(settings: ValidationSettings) {
    this.names = new Names(settings);
    this.ports = settings.ports;
  }

  /** Begins, and answers before it is done. */
  begin(deps: PcaDeps, doing: Doing, orderId: string, place: Place): void {
    this.validate(deps, doing, orderId, place).catch((err: unknown) =>
      deps.log.warn({ orderId, err: String(err) }, 'ACME validation was not finished: a job takes it up'),
    );
  }

  async validate(deps: PcaDeps, doing: Doing, orderId: string, place: Place): Promise<void> {
    if (this.busy >= MOST_AT_ONCE) return;
    this.busy++;
    try {
      const row = await orderById(deps, doing.account, orderId);
      const authorization = row && readBody(row).authorizations[place.authorization];
      const challenge = authorization?.challenges[place.challenge];
      if (challenge?.status !== 'processing') return;
      const error = await this.look(doing, authorization as Authorization, challenge);
      const { type, value } = (authorization as Authorization).identifier;
      await changeOrder(deps, doing, orderId, {
        operation: AcmeRecords.challengeEnded,
        next: (order) => endChallenge(order, place, { at: deps.clock.now(), ...(error && { error }) }),
        recorded: () => ({
          Challenge: challenge.type,
          Identifiers: [`${type}:${value}`],
          Outcome: error?.detail.slice(0, 4096) ?? 'valid',
        }),
      });
    } finally {
      this.busy--;
    }
  }

  /** Undefined: it is controlled. */
  private async look(
    { directory, account }: Doing,
    { identifier }: Authorization,
    { type, token }: Challenge,
  ): Promise<ProblemDocument | undefined> {
    const { names, ports } = this;
    const looking: Looking = { names, ports, networks: directory.rules.networks, signal: AbortSignal.timeout(TIME_MS) };
    const keyAuthorization = `${token}.${account.thumbprint}`;
    const host = baseName(identifier.value);
    try {
      if (type === 'http-01') await checkHttp(looking, host, token, keyAuthorization);
      else if (type === 'dns-01') await checkDns(names, host, keyAuthorization);
      else await checkTls(looking, host, keyAuthorization);
      return undefined;
    } catch (error) {
      if (error instanceof AcmeProblem) return error.document();
      throw error;
    }
  }
}

/** RFC 8555 8.4. */
async function checkDns(names: Names, host: string, keyAuthorization: string): Promise<void> {
  const name = `_acme-challenge.${host}`;
  const found = await names.texts(name);
  if (found.length === 0) throw new AcmeProblem('dns', `there is no TXT record at ${name}`);
  const wanted = createHash('sha256').update(keyAuthorization).digest('base64url');
  if (!found.includes(wanted))
    throw new AcmeProblem('incorrectResponse', `no TXT record at ${name} is of this key authorization`);
}
