/** Rotation by a function of somebody else: it does the four steps of AWS, in its own right, and is called for each. */
import type { FunctionRow } from '../../domain/rotation/rows.ts';
import type { RotationStep } from '../../domain/rotation/run.ts';
import type { FunctionStrategy } from '../../domain/rotation/strategy.ts';
import { CURRENT } from '../../domain/stages.ts';
import { TargetFailure } from '../../targets/failure.ts';
import { callFunction, type FunctionEvent } from './call-function.ts';
import { rotationToken } from './rotation-token.ts';
import type { NextStep, Rotator } from './rotator.ts';
import { StepFailure } from './step-failure.ts';
import { inSession, type RotationSubject, requireStage } from './values.ts';

const STEPS: Readonly<Partial<Record<RotationStep, FunctionEvent['Step']>>> = {
  create: 'createSecret',
  set: 'setSecret',
  test: 'testSecret',
  finish: 'finishSecret',
};
/** Shorter ones can be guessed. */
const LEAST_KEY_LENGTH = 16;

export async function openFunctionRotator(subject: RotationSubject, strategy: FunctionStrategy): Promise<Rotator> {
  const found = await subject.deps.rotations.functionById(strategy.functionId);
  // SECURITY: of the account of the secret, whatever the id in the row says.
  if (found?.account_id !== subject.secret.row.account_id) throw new StepFailure('strategy-missing');
  requireStage(subject);
  return new FunctionRotator(subject, found);
}

class FunctionRotator implements Rotator {
  /** What a function made it closes itself: AWS knows no step for it. */
  readonly hasGrace = false;
  private readonly subject: RotationSubject;
  private readonly row: FunctionRow;

  constructor(subject: RotationSubject, row: FunctionRow) {
    this.subject = subject;
    this.row = row;
  }

  /** Functions find out for themselves what is done already. */
  async decide(step: RotationStep): Promise<NextStep> {
    return { do: step };
  }

  async carryOut(step: RotationStep): Promise<void> {
    const Step = STEPS[step];
    const { deps, secret, row } = this.subject;
    // The function moved the stage, and the journal does not say so yet.
    if (Step === undefined || (step === 'finish' && secret.stages.get(CURRENT) === row.token)) return;
    const url = new URL(this.row.url);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const address = await this.allowed(host, Number(url.port || 443));
    const event: FunctionEvent = {
      Step,
      SecretId: secret.arn,
      ClientRequestToken: row.token,
      RotationToken: await rotationToken(deps.hsm, row),
    };
    const key = await this.signingKey();
    try {
      await callFunction({ url, address, ca: this.row.ca }, key, event, deps.clock.now());
    } finally {
      key.fill(0);
    }
  }

  /** What the function said it did must be so. */
  async storeValue(): Promise<void> {
    const { deps, row } = this.subject;
    const version = await deps.secrets.version(await this.fresh(), row.token);
    if (!version?.kind) throw new StepFailure('function-failed');
  }

  async moveStage(): Promise<void> {
    if ((await this.fresh()).stages.get(CURRENT) !== this.subject.row.token) throw new StepFailure('function-failed');
  }

  /** Nobody but the function can ask its target. */
  async accepts(): Promise<{ pending: boolean; current: boolean }> {
    return { pending: true, current: true };
  }

  close(): void {
    // Nothing was read.
  }

  private async fresh() {
    const { deps, secret } = this.subject;
    const found = await deps.secrets.byId(secret.row.secret_id);
    if (!found) throw new StepFailure('value-unavailable');
    return found;
  }

  private async allowed(host: string, port: number): Promise<string> {
    try {
      const { address } = await this.subject.deps.networks.pinned({ host, port }, this.row.name);
      return address ?? host;
    } catch (error) {
      if (!(error instanceof TargetFailure)) throw error;
      throw new StepFailure(error.code === 'address-refused' ? 'function-refused' : 'function-unreachable');
    }
  }

  private async signingKey(): Promise<Buffer> {
    const { deps } = this.subject;
    const { role_arn: roleArn, signing_secret_arn: SecretId } = this.row;
    const { SecretString = '' } = await inSession(deps, { roleArn, sourceArn: SecretId }, (on) =>
      deps.clients.ccms.GetSecretValue({ SecretId }, on),
    );
    if (SecretString.length < LEAST_KEY_LENGTH) throw new StepFailure('value-unsuitable');
    return Buffer.from(SecretString, 'utf8');
  }
}
