/** The same decisions as records in the database of a real audit service, one stream per account. */
import { canonicalJson } from '../../platform/audit/canonical-json.ts';
import { DecisionReader } from '../../platform/contract/decision-form.ts';
import { createIds } from '../../platform/runtime/ids.ts';
import { startAudit } from '../../services/audit/testing/harness.ts';
import type { RecordedDecision, RecordedSetting } from '../../services/iam/domain/replay/recorded.ts';
import type { Bound } from './workload.ts';

export interface StoredRecords {
  /** Every decision, page by page as a replay reads them. */
  pages(size: number): AsyncGenerator<readonly Bound[]>;
  close(): Promise<void>;
}

const BATCH = 500;

export async function storedRecords(decisions: readonly Bound[]): Promise<StoredRecords> {
  const audit = await startAudit();
  const ids = createIds({ now: () => Date.now() });
  const accounts = new Set(decisions.map(({ setting }) => setting.AccountId));
  for (let at = 0; at < decisions.length; at += BATCH) {
    const Records = decisions.slice(at, at + BATCH).map(({ recorded: decision, setting }, index) => {
      const EventId = ids.uuidv7();
      return {
        EventId,
        AccountId: setting.AccountId,
        CreatedAt: decision.Position.Time,
        Wseq: at + index + 1,
        Boot: 'bench',
        Node: 'iam-1',
        Record: recordOf(decision, setting, EventId),
      };
    });
    await audit.internal.IngestRecords({ Records });
  }
  return {
    async *pages(Limit) {
      const reader = new DecisionReader();
      for (const AccountId of accounts) {
        let After: RecordedDecision['Position'] | undefined;
        do {
          const page = await audit.internal.ReadDecisions({
            AccountId,
            StartTime: 0,
            EndTime: Number.MAX_SAFE_INTEGER,
            Limit,
            After,
          });
          reader.learn(page.Settings);
          yield page.Records.flatMap((record) =>
            reader.read(record).map((recorded) => ({ recorded, setting: recorded.setting })),
          );
          After = page.Next;
        } while (After);
      }
    },
    close: () => audit.close(),
  };
}

function recordOf(decision: RecordedDecision, setting: RecordedSetting, eventID: string): string {
  const { Principal, Policies, PrincipalLevels } = setting;
  const { Action, Resource, ResourceAccount, Effect, Reason, Layer, Level } = decision;
  const levels = PrincipalLevels?.map((level) => ({ id: level.Id, policies: level.Policies }));
  return canonicalJson({
    awsRegion: 'local-1',
    eventCategory: 'Management',
    eventID,
    eventName: decision.EventName,
    eventSource: 'iam.amazonaws.com',
    eventTime: new Date(decision.Position.Time).toISOString(),
    eventType: 'AwsApiCall',
    eventVersion: '1.11',
    managementEvent: true,
    readOnly: true,
    recipientAccountId: ResourceAccount,
    requestID: eventID,
    requestParameters: { UserName: 'somebody' },
    sourceIPAddress: '192.0.2.7',
    userAgent: 'aws-sdk-js/3.1164.0',
    userIdentity: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      accountId: Principal.AccountId,
      arn: Principal.Arn,
      principalId: Principal.PrincipalId,
      type: Principal.Type,
    },
    x: {
      boot: 'bench',
      decision: {
        checks: [
          {
            action: Action,
            context: {},
            effect: Effect,
            layer: Layer,
            level: Level && { id: Level.Id, name: Level.Id },
            reason: Reason,
            resource: Resource,
            resourceAccount: ResourceAccount,
            statements: [],
          },
        ],
        context: { ...setting.Context, ...decision.Context },
        effect: Effect,
        organization: { id: 'o-abcdefghij', revision: 7, scp: levels },
        policies: Policies,
        policyVersion: 17,
      },
      node: 'iam-1',
      schema: 1,
      wseq: 1,
    },
  });
}
