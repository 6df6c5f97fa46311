using System;
using System.Collections.Generic;
using UnityEngine;

namespace Twin.Unity
{
    /// <summary>
    /// A machine in the scene. It publishes the sensors on itself and below at a steady rate, and colours a renderer by
    /// the state that its twin publishes.
    ///
    /// <para><c>seq</c> begins with the time at which it is enabled, in milliseconds since 1970, and grows by one from there:
    /// a scene that is started again begins above where it ended.</para>
    /// </summary>
    [AddComponentMenu("Twin/Twin Machine")]
    [DisallowMultipleComponent]
    public sealed class TwinMachine : MonoBehaviour
    {
        /// <summary>A string that goes with every reading, such as the variant of the product.</summary>
        [Serializable]
        public struct Attribute
        {
            /// <summary>Its name, as the machine's type has it.</summary>
            public string Name;

            /// <summary>Its value.</summary>
            public string Value;
        }

        [SerializeField] private TwinConnection connection;

        [Tooltip("Letters, digits, dots, hyphens and underscores; no other machine may have it.")]
        [SerializeField] private string machineId = "";

        [Tooltip("Empty: Twin finds the type by the channels of the first reading.")]
        [SerializeField] private string machineType = "";

        [SerializeField] private List<Attribute> attributes = new List<Attribute>();

        [Tooltip("Readings a second; 0: the rate of the settings.")]
        [Min(0f)]
        [SerializeField] private float rateHz;

        [Tooltip("What is coloured; empty: the renderer on this object, if there is one.")]
        [SerializeField] private Renderer coloured;

        [SerializeField] private Color normal = new Color(0.20f, 0.63f, 0.30f);
        [SerializeField] private Color watch = new Color(0.95f, 0.70f, 0.10f);
        [SerializeField] private Color alarm = new Color(0.85f, 0.15f, 0.15f);
        [SerializeField] private Color stale = new Color(0.45f, 0.45f, 0.50f);
        [SerializeField] private Color unknown = new Color(0.70f, 0.70f, 0.70f);

        // Both names: the built-in pipeline's and that of the others.
        private static readonly int ColourBuiltIn = Shader.PropertyToID("_Color");
        private static readonly int ColourPipeline = Shader.PropertyToID("_BaseColor");
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        private TwinSensor[] sensors = new TwinSensor[0];
        private MaterialPropertyBlock block;
        private double dueIn;
        private long nextSeq;
        private DateTime lastTimestamp;

        /// <summary>The time of day; a test puts in another.</summary>
        internal static Func<DateTime> Clock = () => DateTime.UtcNow;

        /// <summary>Told of every state that arrives, on the main thread.</summary>
        public event Action<TwinState> StateChanged;

        /// <summary>The state that arrived last; null before the first.</summary>
        public TwinState State { get; private set; }

        /// <summary>The connection that it uses. To be set before the component is enabled.</summary>
        public TwinConnection Connection { get { return connection; } set { connection = value; } }

        /// <summary>Its id. To be set before the component is enabled.</summary>
        public string MachineId { get { return machineId; } set { machineId = value; } }

        /// <summary>Its type; empty where Twin shall find it out.</summary>
        public string MachineType { get { return machineType; } set { machineType = value; } }

        /// <summary>Strings that go with every reading.</summary>
        public List<Attribute> Attributes { get { return attributes; } }

        /// <summary>Readings a second; 0 for the rate of the settings.</summary>
        public float RateHz { get { return rateHz; } set { rateHz = value; } }

        /// <summary>The colour that stands for a status.</summary>
        public Color ColourOf(TwinStatus status)
        {
            switch (status)
            {
                case TwinStatus.Normal:
                    return normal;
                case TwinStatus.Watch:
                    return watch;
                case TwinStatus.Alarm:
                    return alarm;
                case TwinStatus.Stale:
                    return stale;
                default:
                    return unknown;
            }
        }

        /// <summary>Looks for sensors on this object and below; to be called when some were added or taken away.</summary>
        public void FindSensors()
        {
            sensors = GetComponentsInChildren<TwinSensor>();
        }

        /// <summary>Takes a reading now and publishes it.</summary>
        public void PublishNow()
        {
            connection.Publish(TwinMessages.ReadingsTopic(machineId), Reading());
        }

        private void OnEnable()
        {
            if (connection == null || !TwinMessages.IsMachineId(machineId))
            {
                Debug.LogError(
                    "Twin Machine " + name + ": it needs a connection and an id of at most 64 letters, digits, dots,"
                        + " hyphens and underscores.");
                enabled = false;
                return;
            }
            if (coloured == null)
            {
                coloured = GetComponent<Renderer>();
            }
            FindSensors();
            nextSeq = (long)(Clock() - Epoch).TotalMilliseconds;
            dueIn = 0;
            Colour(TwinStatus.Unknown);
            connection.Listen(machineId, Show);
        }

        private void OnDisable()
        {
            if (connection != null)
            {
                connection.Listen(machineId, null);
            }
        }

        private void Update()
        {
            float rate = rateHz > 0f ? rateHz : connection.Settings.RateHz;
            dueIn -= Time.deltaTime;
            if (rate <= 0f || dueIn > 0)
            {
                return;
            }
            // After a long frame one reading is taken, not all that were missed: they would all show the same.
            dueIn = Math.Max(dueIn + 1.0 / rate, 0);
            PublishNow();
        }

        private byte[] Reading()
        {
            var strings = new List<KeyValuePair<string, string>>(attributes.Count);
            foreach (Attribute attribute in attributes)
            {
                strings.Add(new KeyValuePair<string, string>(attribute.Name, attribute.Value));
            }
            var numbers = new List<KeyValuePair<string, double>>(sensors.Length);
            foreach (TwinSensor sensor in sensors)
            {
                if (sensor != null && !string.IsNullOrEmpty(sensor.Channel))
                {
                    numbers.Add(new KeyValuePair<string, double>(sensor.Channel, sensor.Value));
                }
            }
            return TwinMessages.Reading(machineId, machineType, Timestamp(), nextSeq++, strings, numbers);
        }

        /// <summary>The time of day in whole milliseconds, and always after the reading before.</summary>
        private DateTime Timestamp()
        {
            DateTime now = Clock();
            now = new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
            if (now <= lastTimestamp)
            {
                now = lastTimestamp.AddMilliseconds(1);
            }
            lastTimestamp = now;
            return now;
        }

        private void Show(TwinState state)
        {
            State = state;
            Colour(state.Status);
            if (StateChanged != null)
            {
                StateChanged(state);
            }
        }

        private void Colour(TwinStatus status)
        {
            if (coloured == null)
            {
                return;
            }
            // A property block, and not the material: that is shared with everything that looks the same.
            if (block == null)
            {
                block = new MaterialPropertyBlock();
            }
            coloured.GetPropertyBlock(block);
            block.SetColor(ColourBuiltIn, ColourOf(status));
            block.SetColor(ColourPipeline, ColourOf(status));
            coloured.SetPropertyBlock(block);
        }
    }
}
