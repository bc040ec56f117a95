/** An address outside of the panel: a link where it is one of the web, else text. */
export const Elsewhere = ({ address }: { address: string }) =>
  /^https?:\/\//.test(address) ? (
    <a href={address} target="_blank" rel="noreferrer">
      {address}
    </a>
  ) : (
    <code>{address}</code>
  );
