// Keeps a fault of one part from taking the page away: says what broke, offers to try again or to load anew.
import { Component, type ErrorInfo, type ReactNode } from "react";
import { Button } from "./Button.tsx";
import { copyText } from "./copy.ts";
import { Empty } from "./Empty.tsx";

interface Props {
  /** What broke, for the heading: "The overview". */
  part: string;
  children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { error: Error | null; stack: string }> {
  override state = { error: null as Error | null, stack: "" };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(_: unknown, info: ErrorInfo): void {
    this.setState({ stack: info.componentStack ?? "" });
  }

  override render(): ReactNode {
    const { error, stack } = this.state;
    if (error === null) return this.props.children;
    const outdated = /dynamically imported module|module script/i.test(error.message);
    return (
      <div role="alert">
        <Empty
          title={outdated ? "tailherd was upgraded while this page was open" : `${this.props.part} broke`}
          buttons={
            <>
              <Button look="primary" onClick={() => location.reload()}>
                Load the page anew
              </Button>
              {outdated ? null : <Button onClick={() => this.setState({ error: null })}>Try again</Button>}
              {outdated ? null : (
                <Button onClick={() => void copyText(`${error.stack ?? error.message}\n${stack}`)}>
                  Copy the details
                </Button>
              )}
            </>
          }
        >
          {outdated ? <p>Its parts have new names now.</p> : <p>{error.message}</p>}
          <p>Your services go on: only this view is concerned.</p>
        </Empty>
      </div>
    );
  }
}
