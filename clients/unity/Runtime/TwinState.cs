using System;
using System.Collections.Generic;
using System.Text;

namespace Twin.Unity
{
    /// <summary>How a machine is, in one word. The order is that of severity.</summary>
    public enum TwinStatus
    {
        /// <summary>Not judged yet, or nothing has been heard of it here.</summary>
        Unknown,

        /// <summary>Nothing to do.</summary>
        Normal,

        /// <summary>Silent for longer than its type allows.</summary>
        Stale,

        /// <summary>An open alert, or little health.</summary>
        Watch,

        /// <summary>An open alert of high or critical severity.</summary>
        Alarm
    }

    /// <summary>The part of a twin's state that a scene shows. Immutable.</summary>
    public sealed class TwinState
    {
        private TwinState(string machineId, Dictionary<string, object> members)
        {
            MachineId = machineId;
            Status = StatusOf(members);
            Health = NumberOf(members, "health");
            Revision = (long)(NumberOf(members, "revision") ?? 0);
            object assessment;
            if (members.TryGetValue("assessment", out assessment) && assessment is Dictionary<string, object>)
            {
                var judged = (Dictionary<string, object>)assessment;
                AnomalyScore = NumberOf(judged, "anomaly_score");
                FailureProbability = NumberOf(judged, "failure_probability");
                FailureMode = TextOf(judged, "failure_mode");
                object life;
                if (judged.TryGetValue("rul", out life) && life is Dictionary<string, object>)
                {
                    RemainingLife = NumberOf((Dictionary<string, object>)life, "p50");
                    RemainingLifeUnit = TextOf((Dictionary<string, object>)life, "unit");
                }
            }
        }

        /// <summary>The machine.</summary>
        public string MachineId { get; private set; }

        /// <summary>How it is.</summary>
        public TwinStatus Status { get; private set; }

        /// <summary>From 0 to 1; null while it is not known.</summary>
        public double? Health { get; private set; }

        /// <summary>The number of the twin's last event.</summary>
        public long Revision { get; private set; }

        /// <summary>How unusual the machine is; null while it is not known.</summary>
        public double? AnomalyScore { get; private set; }

        /// <summary>Probability of a failure; null where no model says it.</summary>
        public double? FailureProbability { get; private set; }

        /// <summary>The most likely failure mode, <c>none</c>, or null where no model says it.</summary>
        public string FailureMode { get; private set; }

        /// <summary>Median of the remaining useful life, in its unit; null where no model says it.</summary>
        public double? RemainingLife { get; private set; }

        /// <summary>The unit of the remaining life, such as <c>min</c> or <c>cycles</c>.</summary>
        public string RemainingLifeUnit { get; private set; }

        /// <summary>Reads a state as Twin publishes it.</summary>
        /// <returns>Whether it could be read.</returns>
        public static bool TryParse(ArraySegment<byte> json, out TwinState state)
        {
            state = null;
            if (json.Array == null || json.Count == 0)
            {
                return false;
            }
            try
            {
                var members =
                    TwinJson.Parse(Encoding.UTF8.GetString(json.Array, json.Offset, json.Count))
                        as Dictionary<string, object>;
                string machineId = members == null ? null : TextOf(members, "machine_id");
                if (machineId == null)
                {
                    return false;
                }
                state = new TwinState(machineId, members);
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }

        private static TwinStatus StatusOf(Dictionary<string, object> members)
        {
            switch (TextOf(members, "status"))
            {
                case "normal":
                    return TwinStatus.Normal;
                case "stale":
                    return TwinStatus.Stale;
                case "watch":
                    return TwinStatus.Watch;
                case "alarm":
                    return TwinStatus.Alarm;
                default:
                    return TwinStatus.Unknown;
            }
        }

        private static double? NumberOf(Dictionary<string, object> members, string name)
        {
            object value;
            return members.TryGetValue(name, out value) && value is double ? (double?)(double)value : null;
        }

        private static string TextOf(Dictionary<string, object> members, string name)
        {
            object value;
            return members.TryGetValue(name, out value) ? value as string : null;
        }
    }
}
