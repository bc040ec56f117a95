/** Text that Postgres and canonical JSON can hold. */
export const storable = (text: string): string => text.replace(/\0|\p{Cs}/gu, '\ufffd');
