/** The mark: a gate between two towers, its portcullis half open. */
export const Mark = ({ size = 20 }: { size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="2"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden
  >
    <path d="M3 21V6h3v2h3V6h6v2h3V6h3v15" />
    <path d="M8 21v-5a4 4 0 0 1 8 0v5" />
    <path d="M12 12.5V21M8 17h8" />
  </svg>
);
