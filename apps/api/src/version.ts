export { version } from '@gatehouse/contracts';
