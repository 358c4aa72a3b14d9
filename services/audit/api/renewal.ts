import { renewalOperation } from '../../../platform/contract/renewal.ts';

export const DescribeRenewal = renewalOperation('audit');
