/**
 * The administrator of a business account may do everything there, and is stopped by what the organization forbids. The
 * refusal says which statement of which policy it was, and where that is attached.
 */
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { aws, awsClients } from '../test/harness/clients.ts';
import { native } from '../test/harness/signed.ts';
import type { Administrator } from './landing-zone.ts';
import { ask, must, type Story } from './story.ts';

interface Decision {
  Effect: string;
  Layer: string;
  Level: { Name: string };
}

export const guardrail = (shop: Administrator) => async (story: Story) => {
  const { server, step } = story;
  const { kms } = awsClients(server, shop.credentials);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'orders of the shop' }));
  const KeyId = KeyMetadata?.KeyId as string;
  const destroy = (days: number) => ['schedule-key-deletion', '--key-id', KeyId, '--pending-window-in-days', `${days}`];

  const week = await aws(server, ['kms', ...destroy(7)], shop.credentials);
  must(week.code !== 0 && week.stderr.includes('explicit deny in a service control policy'), week.stderr);
  step(`aws kms ${destroy(7).join(' ')}\n             ${week.stderr.trim()}`);

  // The same by the native API, which says more.
  const input = { KeyId, PendingWindowInDays: 7 };
  const refusal = await native(server, '/v1/kms/schedule-key-deletion', input, { credentials: shop.credentials });
  const { hint, decisionId } = refusal.json() as { hint: string; decisionId: string };
  must(refusal.status === 403 && hint.includes('attached to Business'), refusal.text);
  step(`why: ${hint}`);
  const decision = await ask<Decision>(story, shop.credentials, `authz/decisions/${decisionId}`, {}, 'GET');
  must(decision.Effect === 'deny' && decision.Layer === 'scp' && decision.Level.Name === 'Business', decisionId);
  step(`decision ${decisionId} is kept, and says so for ever`);

  const month = await aws(server, ['kms', ...destroy(30)], shop.credentials);
  must(month.code === 0, month.stderr);
  step('with the 30 days that the organization asks for it is done');
  return { shown: 'an administrator stopped by a policy at Business, and told which', eventId: decisionId };
};
