package plan

import (
	"fmt"

	"lucca-exchange/internal/roster"
)

// Bounds beyond which a date was mistyped, or stands for something else.
const (
	// farEnd and endless are years from now: an end beyond the first is unusual, one beyond
	// the second none.
	farEnd, endless = 20, 50
	// farStart is years from now, firstStart a year.
	farStart, firstStart = 5, 1940
	// youngest and oldest are the ages of people who work.
	youngest, oldest = 13, 100
)

// implausible tells why a date is none that anybody can mean, or one that a person should look
// at.
func implausible(today roster.Date, of roster.Fields, day roster.Date) (doubt, bad *problem) {
	years := int(day.Year) - int(today.Year)
	switch of {
	case roster.ContractEnd:
		edge := day.Month == 12 && day.Day == 31 || day.Month == 1 && day.Day == 1
		switch {
		case years > endless, years > farEnd && edge:
			return nil, &problem{"implausible_date", fmt.Sprintf("is %d years away, as programs write that a contract has no end: leave it blank, or name the date under open_end:", years)}
		case years > farEnd:
			return &problem{"far_end", fmt.Sprintf("is %d years away: see that the contract ends then", years)}, nil
		}
	case roster.ContractStart:
		if years > farStart || day.Year < firstStart {
			return nil, &problem{"implausible_date", fmt.Sprintf("is before %d or more than %d years away: see that the year is right", firstStart, farStart)}
		}
	case roster.BirthDate:
		if -years < youngest || -years > oldest {
			return nil, &problem{"implausible_date", fmt.Sprintf("makes somebody under %d or over %d years old: see that the year is right", youngest, oldest)}
		}
	}
	return nil, nil
}
