import { describe, expect, it } from 'vitest';
import { regionalName, servicePrincipal } from './service-names.ts';

describe('names of services', () => {
  it.each([
    ['aws', 'secretsmanager.local-1.amazonaws.com'],
    ['aws-cn', 'secretsmanager.local-1.amazonaws.com.cn'],
    ['aws-us-gov', 'secretsmanager.local-1.amazonaws.com'],
    ['aws-ourcloud', 'secretsmanager.local-1.amazonaws.com'],
  ])('in partition %s', (partition, name) => {
    expect(regionalName('ccms', { region: 'local-1', partition })).toBe(name);
  });

  it('as somebody who acts', () => {
    expect(servicePrincipal('pca')).toBe('acm-pca.amazonaws.com');
  });
});
