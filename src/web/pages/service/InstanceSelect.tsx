// Which of several instances is looked at.
import { Select } from "../../ui/Field.tsx";

interface InstanceSelectProps {
  /** How many there are. */
  instances: number;
  index: number;
  onIndex: (index: number) => void;
}

export function InstanceSelect({ instances, index, onIndex }: InstanceSelectProps) {
  return (
    <Select
      aria-label="Instance"
      quiet
      value={String(index)}
      options={Array.from({ length: instances }, (_, place) => ({ value: String(place), label: `Instance ${place}` }))}
      onChange={(value) => onIndex(Number(value))}
    />
  );
}
