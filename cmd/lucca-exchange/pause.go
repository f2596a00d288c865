package main

import (
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func pauseCommand(s *cli) *cobra.Command {
	var until string
	c := &cobra.Command{
		Use:   "pause FLOW",
		Short: "Let a flow run no more by itself, until somebody resumes it",
		Long: `Lets a flow run no more by itself: its slots pass without a run and are not made up for,
and what its webhooks bring waits. A run at work goes on to its end, and a person may still run
the flow, or approve a run of it. With --until it goes on by itself.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return act(s, cmd, args[0], func(a *app.App, f config.Flow) error {
				end, err := readUntil(until, f.Zone, time.Now())
				if err != nil {
					return fault.Of(run.ErrUsage, "--until: %w", err)
				}
				if err := a.Acts().Pause(cmd.Context(), args[0], end, actOf(s, audit.Pause)); err != nil {
					return err
				}
				when := "until lucca-exchange resume " + args[0]
				if !end.IsZero() {
					when = "until " + end.Format("Mon 2006-01-02 15:04 MST")
				}
				return answer(s, pausedFlow{args[0], true, end}, "flow %s is paused %s", args[0], when)
			})
		}),
	}
	c.Flags().StringVar(&until, "until", "", "the `TIME` when it goes on by itself: 2026-12-24, \"2026-12-24 18:00\", or 36h from now")
	c.Flags().StringVar(&s.note, "note", "", "a `TEXT` for the record, and for whoever wonders")
	return asDocument(s, c)
}

// pausedFlow is how a flow stands after pause or resume.
type pausedFlow struct {
	Flow   string    `json:"flow"`
	Paused bool      `json:"paused"`
	Until  time.Time `json:"until,omitzero"`
}

func resumeCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "resume FLOW",
		Short: "Let a paused flow run by itself again, from its next slot on",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				if err := a.Acts().Resume(cmd.Context(), args[0], actOf(s, audit.Resume)); err != nil {
					return err
				}
				return answer(s, pausedFlow{Flow: args[0]}, "flow %s runs by itself again", args[0])
			})
		}),
	}
	noted(s, c)
	return asDocument(s, c)
}

func resendCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "resend RUN",
		Short: "Send the file of a run to the partner once more",
		Long: `Sends the very file of a run to the partner once more, under the same name: for a partner
who lost it. It is a run of its own. Only the last file that a flow has sent can be sent again, to
the partner and in the shape of then: no older file comes over a newer one.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				result, err := a.Acts().Resend(cmd.Context(), args[0], actOf(s, audit.Resend))
				if err != nil {
					return err
				}
				if err := printed(s, show.Ran{Report: result, Link: a.Inspect().Page(result.Run.Run)}, show.Run); err != nil {
					return err
				}
				return outcome(result.Run)
			})
		}),
	}
	noted(s, c)
	c.Flags().BoolVar(&s.json, "json", false, "print the run as one JSON document")
	return c
}

// act opens the instance for an act on a flow of the configuration.
func act(s *cli, cmd *cobra.Command, flow string, do func(*app.App, config.Flow) error) error {
	c, err := s.sealed()
	if err != nil {
		return err
	}
	return s.within(cmd.Context(), c, app.Open, func(a *app.App) error { return do(a, c.Flows[flow]) })
}
